-- One row per contact whose customer and topic are known. When the customer next came about the same.
with caller as (
    select
        contact_now.contact_id,
        contact_now.topic,
        contact_now.ended_at,
        coalesce(link_now.customer_key, contact_now.customer_key) as customer
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
    where contact_now.customer_key <> '' and contact_now.topic <> ''
),

following as (
    select
        contact_id,
        ended_at,
        lead(ended_at) over (partition by customer, topic order by ended_at, contact_id) as next_at
    from caller
),

final as (
    select
        contact_id,
        -- Whoever comes back later than that comes about something new.
        case when next_at - ended_at <= 604800 then next_at end as returned_at
    from following
)

select * from final
