-- One row per contact as it was accepted. `impossible` names the field that cannot be true; null where all can.
select
    event_row.*,
    contact_id as record_key,
    case
        when contact_id is null or contact_id = '' then 'contact_id'
        when day is null then 'day'
        when ended_at is null then 'ended_at'
        when hour not between 0 and 23 then 'hour'
        when partner is null then 'partner'
        when team is null then 'team'
        when agent is null then 'agent'
        when channel is null then 'channel'
        when topic is null then 'topic'
        when language is null then 'language'
        when customer_key is null then 'customer_key'
        when case_id is null then 'case_id'
        when answered is null then 'answered'
        when score not between 1 and 10 then 'score'
        when handling_s not between 0 and 259200 then 'handling_s'
        when wait_s < 0 then 'wait_s'
        when hit_value_minor not between 0 and 1000000000 then 'hit_value_minor'
    end as impossible
from event_row
