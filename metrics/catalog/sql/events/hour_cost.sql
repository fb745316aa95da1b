-- One row per cost of an hour as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    cost_id as record_key,
    case
        when cost_id is null or cost_id = '' then 'cost_id'
        when valid_from is null then 'valid_from'
        when partner is null then 'partner'
        when cost_minor is null or cost_minor < 0 then 'cost_minor'
    end as impossible
from event_row
