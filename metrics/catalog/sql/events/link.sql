-- One row per link as it was learnt. `impossible` names the field that cannot be true.
select
    event_row.*,
    phone_key as record_key,
    case
        when phone_key is null or phone_key = '' then 'phone_key'
        when customer_key is null or customer_key = '' then 'customer_key'
    end as impossible
from event_row
