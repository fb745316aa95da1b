-- One row per contact with a sale. How many, and their value in øre.
select
    contact_id,
    cast(count(*) as bigint) as sales,
    -- Other currencies count as sales, but their amounts cannot be added to kroner.
    cast(sum(case when currency = 'NOK' then coalesce(value_minor, 0) else 0 end) as bigint) as value_minor
from sale_now
group by contact_id
