-- One row per contact of a known customer and a known hour. When the customer began to wait or to talk.
with final as (
    select
        contact_now.contact_id,
        coalesce(link_now.customer_key, contact_now.customer_key) as customer,
        contact_now.topic,
        contact_now.ended_at
        - coalesce(contact_now.handling_s, 0)
        - coalesce(contact_now.wait_s, 0) as began_at
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
    -- Where the source has only a date, nobody knows whether a session or the contact came first.
    where contact_now.hour is not null and contact_now.customer_key <> ''
)

select * from final
