-- One row per fact with a decision. The snapshot of its survey, as the log has it.
select
    contact_id, day,
    outcome_state as state,
    outcome_reason as reason,
    outcome_eligible as eligible,
    asked_at,
    outcome_sent as sent,
    outcome_delivered as delivered,
    live_score as score,
    live_score_at as score_at,
    live_score_source as score_source,
    late, solved, guided, tried_self_service, self_help_score,
    outcome_us as accepted_us,
    outcome_seq as seq
from current_fact
where outcome_us is not null
