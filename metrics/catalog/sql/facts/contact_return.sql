-- One row per contact whose customer and topic are known. When the customer next came about the same.
with following as (
    select
        contact_id,
        ended_at,
        lead(ended_at) over (partition by customer, topic order by ended_at, contact_id) as next_at
    from contact_key
    where topic <> '' and customer in (select customer from target_customer)
),

final as (
    select
        contact_id,
        -- Whoever comes back later than that comes about something new.
        case when next_at - ended_at <= 604800 then next_at end as returned_at
    from following
)

select * from final
