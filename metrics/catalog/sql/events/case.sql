-- One row per case as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    case_id as record_key,
    case
        when case_id is null or case_id = '' then 'case_id'
        when opened_at is null then 'opened_at'
        when closed_at < opened_at then 'closed_at'
    end as impossible
from event_row
