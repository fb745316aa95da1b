-- One row per product as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    product as record_key,
    case
        when product is null or product = '' then 'product'
        when progression_milli is null or progression_milli not between 0 and 10000 then 'progression_milli'
    end as impossible
from event_row
