-- One row per contact that came after self-service. The latest session of the customer within 24 h before.
with caller as (
    select
        contact_now.contact_id,
        coalesce(link_now.customer_key, contact_now.customer_key) as customer,
        -- A session begun while waiting or talking did not come first.
        contact_now.ended_at
        - coalesce(contact_now.handling_s, 0)
        - coalesce(contact_now.wait_s, 0) as began_at
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
    -- Where the source has only a date, nobody knows which of the two came first.
    where contact_now.hour is not null and contact_now.customer_key <> ''
),

final as (
    select caller.contact_id, max(session_now.started_at) as session_at
    from caller
    inner join session_now on caller.customer = session_now.customer_key
    where session_now.started_at between caller.began_at - 86400 and caller.began_at
    group by caller.contact_id
)

select * from final
