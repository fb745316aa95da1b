-- One row per hour, partner, team and channel. Calls offered and answered; a row of sign -1 takes away.
with counted as (
    select
        day, hour, partner, team, channel, sign,
        cast(offered as bigint) as offered,
        cast(answered as bigint) as answered,
        cast(answered_within_s20 as bigint) as within,
        cast(abandoned as bigint) as abandoned,
        -- Seconds waited are those of answered calls.
        case when wait_s is not null and answered > 0 then cast(wait_s as bigint) end as waited
    from signed_queue
)

select
    day, hour, partner, team, channel,
    cast(sum(sign) as bigint) as intervals,
    cast(sum(sign * offered) as bigint) as offered,
    cast(sum(case when answered is not null then sign * offered else 0 end) as bigint) as answer_n,
    cast(sum(coalesce(sign * answered, 0)) as bigint) as queue_answered,
    cast(sum(case when within is not null then sign * offered else 0 end) as bigint) as within_n,
    cast(sum(coalesce(sign * within, 0)) as bigint) as within_20_s,
    cast(sum(coalesce(sign * abandoned, 0)) as bigint) as abandoned,
    cast(sum(case when waited is not null then sign else 0 end) as bigint) as waited_intervals,
    cast(sum(case when waited is not null then sign * answered else 0 end) as bigint) as waited_calls,
    cast(sum(coalesce(sign * waited, 0)) as bigint) as waited_s,
    cast(sum(case when waited is not null then sign * answered * answered else 0 end) as bigint) as waited_calls_squares,
    cast(sum(coalesce(sign * waited * waited, 0)) as bigint) as waited_squares,
    cast(sum(coalesce(sign * waited * answered, 0)) as bigint) as waited_product
from counted
group by day, hour, partner, team, channel
