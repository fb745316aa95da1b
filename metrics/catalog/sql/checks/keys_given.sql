-- One row per fact without its key. Whatever is grouped by must be there; "" is "not given".
-- fail
select contact_id, partner, day, route, survey_state
from checked_fact
where
    contact_id is null or contact_id = '' or day is null or partner is null or team is null
    or agent is null or channel is null or topic is null or language is null
    or route is null or survey_state is null or survey_reason is null
