-- One row per session as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    session_id as record_key,
    case
        when session_id is null or session_id = '' then 'session_id'
        when customer_key is null or customer_key = '' then 'customer_key'
        when day is null then 'day'
        when started_at is null then 'started_at'
        when ended_at < started_at then 'ended_at'
        when channel is null then 'channel'
        when topic is null then 'topic'
    end as impossible
from event_row
