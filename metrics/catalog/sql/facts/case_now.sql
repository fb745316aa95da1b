-- One row per case. Its latest version.
with ranked as (
    select
        case_event.*,
        row_number() over (partition by case_id order by version desc, accepted_us desc, seq desc) as place
    from case_event
),

final as (
    select case_id, opened_at, closed_at from ranked where place = 1
)

select * from final
