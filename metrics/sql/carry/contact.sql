-- One row per fact. The record it was made from, as the log has it: facts carry their own inputs.
select
    contact_id, source, day, hour, ended_at, partner, team, agent, channel, topic, language, customer_key,
    identified, answered, wait_s, talk_s, hold_s, wrap_s, handling_s, case_id,
    flag as self_service_first,
    closed_automatically,
    file_asked as asked,
    file_score as score,
    file_score_at as score_at,
    file_score_scale as score_scale,
    file_score_given as score_given,
    file_hit as hit,
    file_value_minor as hit_value_minor,
    accepted_us, seq
from current_fact
