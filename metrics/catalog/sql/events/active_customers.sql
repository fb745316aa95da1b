-- One row per month and partner as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    active_id as record_key,
    case
        when active_id is null or active_id = '' then 'active_id'
        when month is null then 'month'
        when partner is null then 'partner'
        when customers is null or customers < 0 then 'customers'
    end as impossible
from event_row
