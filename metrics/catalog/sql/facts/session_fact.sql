-- One row per session of the days to be made. Whether its customer got in touch within 24 hours of its start, and about the same.
with target as (
    select session_now.*
    from session_now
    inner join target_session_day on session_now.day = target_session_day.day
),

followed as (
    select
        target.session_id,
        -- What is not known to be about something else counts as the same.
        max(
            case
                when target.topic = '' or contact_key.topic = '' or target.topic = contact_key.topic then 1
                else 0
            end
        ) as about_the_same
    from target
    inner join contact_key on target.customer_key = contact_key.customer
    where
        -- Where the source has only a date, nobody knows whether a session or the contact came first.
        contact_key.hour is not null
        and contact_key.began_at between target.started_at and target.started_at + 86400
        and contact_key.ended_at <= target.started_at + 518400
    group by target.session_id
),

final as (
    select
        target.session_id,
        target.day,
        target.hour,
        target.channel,
        target.topic,
        target.completed,
        followed.session_id is not null as followed,
        coalesce(followed.about_the_same, 0) = 1 as followed_about_the_same
    from target
    left join followed on target.session_id = followed.session_id
)

select * from final
