-- One row per contact. What its neighbours in time need to know of it; customer "" is nobody known.
with final as (
    select
        contact_now.contact_id,
        contact_now.partner,
        contact_now.day,
        contact_now.hour,
        contact_now.topic,
        contact_now.case_id,
        contact_now.ended_at,
        -- When the customer began to wait or to talk.
        contact_now.ended_at
        - coalesce(contact_now.handling_s, 0)
        - coalesce(contact_now.wait_s, 0) as began_at,
        coalesce(link_now.customer_key, contact_now.customer_key) as customer
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
)

select * from final
