-- One row per contact of which a sale was told. How many stand, their value in øre, and what it counts for.
with valued as (
    select
        sale_now.contact_id,
        case when sale_now.cancelled then 0 else 1 end as stands,
        -- Other currencies count as sales, but their amounts cannot be added to kroner.
        case
            when sale_now.currency = 'NOK' and not sale_now.cancelled then coalesce(sale_now.value_minor, 0)
            else 0
        end as value_minor,
        coalesce(product_now.progression_milli, 1000) as progression_milli
    from sale_now
    left join product_now on sale_now.product = product_now.product
)

select
    contact_id,
    cast(sum(stands) as bigint) as sales,
    cast(sum(value_minor) as bigint) as value_minor,
    cast(sum(value_minor * progression_milli) as bigint) as weighted_milli
from valued
group by contact_id
