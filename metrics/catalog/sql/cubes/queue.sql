-- One row per hour, partner, team and channel. Calls offered and answered.
with counted as (
    select
        day, hour, partner, team, channel,
        cast(offered as bigint) as offered,
        cast(answered as bigint) as answered,
        cast(answered_within_s20 as bigint) as within,
        cast(abandoned as bigint) as abandoned,
        -- Seconds waited are those of answered calls.
        case when wait_s is not null and answered > 0 then cast(wait_s as bigint) end as waited
    from queue_now
)

select
    day, hour, partner, team, channel,
    cast(count(*) as bigint) as intervals,
    cast(sum(offered) as bigint) as offered,
    cast(sum(case when answered is not null then offered else 0 end) as bigint) as answer_n,
    cast(sum(coalesce(answered, 0)) as bigint) as queue_answered,
    cast(sum(case when within is not null then offered else 0 end) as bigint) as within_n,
    cast(sum(coalesce(within, 0)) as bigint) as within_20_s,
    cast(sum(coalesce(abandoned, 0)) as bigint) as abandoned,
    cast(sum(case when waited is not null then 1 else 0 end) as bigint) as waited_intervals,
    cast(sum(case when waited is not null then answered else 0 end) as bigint) as waited_calls,
    cast(sum(coalesce(waited, 0)) as bigint) as waited_s,
    cast(sum(case when waited is not null then answered * answered else 0 end) as bigint) as waited_calls_squares,
    cast(sum(coalesce(waited * waited, 0)) as bigint) as waited_squares,
    cast(sum(coalesce(waited * answered, 0)) as bigint) as waited_product
from counted
group by day, hour, partner, team, channel
