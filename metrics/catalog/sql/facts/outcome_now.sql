-- One row per contact that has a decision. The latest snapshot of its survey.
with ranked as (
    select
        outcome_event.*,
        row_number() over (partition by contact_id order by version desc, accepted_us desc, seq desc) as place
    from outcome_event
),

final as (
    select
        contact_id, state, reason, eligible, asked_at, sent, delivered, score, score_at, score_source,
        late, solved, guided, tried_self_service, self_help_score
    from ranked
    where place = 1
)

select * from final
