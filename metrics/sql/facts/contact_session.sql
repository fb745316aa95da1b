-- One row per contact that came after self-service. The latest session of the customer within 24 h before.
with final as (
    select contact_began.contact_id, max(session_now.started_at) as session_at
    from contact_began
    inner join session_now on contact_began.customer = session_now.customer_key
    -- A session begun while waiting or talking did not come first.
    where session_now.started_at between contact_began.began_at - 86400 and contact_began.began_at
    group by contact_began.contact_id
)

select * from final
