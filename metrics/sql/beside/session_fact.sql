-- One row per session. Whether its customer got in touch within 24 hours of its start, and about the same.
with followed as (
    select
        counted_session.session_id,
        -- What is not known to be about something else counts as the same.
        max(
            case
                when
                    counted_session.topic = ''
                    or contact_began.topic = ''
                    or counted_session.topic = contact_began.topic
                    then 1
                else 0
            end
        ) as about_the_same
    from counted_session
    inner join contact_began on counted_session.customer_key = contact_began.customer
    where contact_began.began_at between counted_session.started_at and counted_session.started_at + 86400
    group by counted_session.session_id
),

final as (
    select
        counted_session.session_id,
        counted_session.day,
        counted_session.hour,
        counted_session.channel,
        counted_session.topic,
        counted_session.completed,
        followed.session_id is not null as followed,
        coalesce(followed.about_the_same, 0) = 1 as followed_about_the_same
    from counted_session
    left join followed on counted_session.session_id = followed.session_id
)

select * from final
