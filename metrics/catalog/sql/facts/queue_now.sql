-- One row per interval of calls offered. Its latest version.
with ranked as (
    select
        calls_offered_event.*,
        row_number() over (partition by interval_id order by version desc, accepted_us desc, seq desc) as place
    from calls_offered_event
),

final as (
    select
        interval_id, day, hour, interval_start, interval_s, partner, team, channel,
        offered, answered, answered_within_s20, abandoned, wait_s
    from ranked
    where place = 1
)

select * from final
