-- One row per contact. What its neighbours in time need to know of it; customer "" is nobody known.
with repeated as (
    -- Only the few that came more than once are ranked: a window over everything costs three times as much.
    select contact_id from contact_event group by contact_id having count(*) > 1
),

ranked as (
    select
        contact_event.*,
        row_number() over (partition by contact_id order by version desc, accepted_us desc, seq desc) as place
    from contact_event
    where contact_id in (select contact_id from repeated)
),

latest as (
    select contact_id, partner, day, hour, topic, case_id, ended_at, handling_s, wait_s, customer_key
    from contact_event
    where contact_id not in (select contact_id from repeated)
    union all
    select contact_id, partner, day, hour, topic, case_id, ended_at, handling_s, wait_s, customer_key
    from ranked
    where place = 1
),

final as (
    select
        latest.contact_id,
        latest.partner,
        latest.day,
        latest.hour,
        latest.topic,
        latest.case_id,
        latest.ended_at,
        -- When the customer began to wait or to talk.
        latest.ended_at - coalesce(latest.handling_s, 0) - coalesce(latest.wait_s, 0) as began_at,
        coalesce(link_now.customer_key, latest.customer_key) as customer
    from latest
    left join link_now on latest.customer_key = link_now.phone_key
)

select * from final
