-- One row per contact of a known customer. How many the same customer had in the seven days before: 3 is 3 or more.
with caller as (
    select
        contact_now.contact_id,
        contact_now.ended_at,
        coalesce(link_now.customer_key, contact_now.customer_key) as customer
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
    where contact_now.customer_key <> ''
),

final as (
    select
        contact_id,
        cast(least(count(*) over earlier, 3) as smallint) as repeats
    from caller
    -- Contacts of the same second, or of a day of which no hour is known, are not one after the other.
    window earlier as (
        partition by customer order by ended_at range between 604800 preceding and 1 preceding
    )
)

select * from final
