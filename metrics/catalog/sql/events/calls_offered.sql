-- One row per interval as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    interval_id as record_key,
    case
        when interval_id is null or interval_id = '' then 'interval_id'
        when day is null then 'day'
        when partner is null then 'partner'
        when team is null then 'team'
        when channel is null then 'channel'
        when offered is null or offered < 0 then 'offered'
        when answered not between 0 and offered then 'answered'
        when answered_within_s20 not between 0 and coalesce(answered, offered) then 'answered_within_s20'
        when abandoned not between 0 and offered then 'abandoned'
        when wait_s < 0 then 'wait_s'
    end as impossible
from event_row
