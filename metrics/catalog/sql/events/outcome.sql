-- One row per survey snapshot as it was taken. `impossible` names the field that cannot be true.
select
    event_row.*,
    contact_id as record_key,
    case
        when contact_id is null or contact_id = '' then 'contact_id'
        when state is null or state not in ('asked', 'skipped', 'waiting') then 'state'
        when reason is null then 'reason'
        when score not between 1 and 10 then 'score'
        when self_help_score not between 1 and 10 then 'self_help_score'
    end as impossible
from event_row
