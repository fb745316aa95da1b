-- One row per session. Whether its customer got in touch within 24 hours of its start, and about the same.
with caller as (
    select
        coalesce(link_now.customer_key, contact_now.customer_key) as customer,
        contact_now.topic,
        contact_now.ended_at
        - coalesce(contact_now.handling_s, 0)
        - coalesce(contact_now.wait_s, 0) as began_at
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
    -- As for the route: where the source has only a date, nobody knows which of the two came first.
    where contact_now.hour is not null and contact_now.customer_key <> ''
),

followed as (
    select
        counted_session.session_id,
        -- What is not known to be about something else counts as the same.
        max(
            case
                when counted_session.topic = '' or caller.topic = '' or counted_session.topic = caller.topic
                    then 1
                else 0
            end
        ) as about_the_same
    from counted_session
    inner join caller on counted_session.customer_key = caller.customer
    where caller.began_at between counted_session.started_at and counted_session.started_at + 86400
    group by counted_session.session_id
),

final as (
    select
        counted_session.session_id,
        counted_session.day,
        counted_session.channel,
        counted_session.topic,
        counted_session.completed,
        followed.session_id is not null as followed,
        coalesce(followed.about_the_same, 0) = 1 as followed_about_the_same
    from counted_session
    left join followed on counted_session.session_id = followed.session_id
)

select * from final
