-- One row per self-service session. Its latest version.
with ranked as (
    select
        session_event.*,
        row_number() over (partition by session_id order by version desc, accepted_us desc, seq desc) as place
    from session_event
),

final as (
    select session_id, customer_key, day, hour, started_at, ended_at, channel, topic, completed
    from ranked
    where place = 1
)

select * from final
