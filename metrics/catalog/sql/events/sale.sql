-- One row per sale as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    sale_id as record_key,
    case
        when sale_id is null or sale_id = '' then 'sale_id'
        when contact_id is null or contact_id = '' then 'contact_id'
        when value_minor not between 0 and 1000000000 then 'value_minor'
    end as impossible
from event_row
