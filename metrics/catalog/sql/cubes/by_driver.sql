-- One row per day, partner, team, channel and what is known. Products of scores and of what may drive them.
with told as (
    select
        day, partner, team, channel, route, guided, repeats, wait_s, handling_s, return_known, returned_at,
        case when answered then score end as score
    from fact
),

contact as (
    select
        day, partner, team, channel,
        case when score is null then 0 else 1 end as n,
        -- What is known of a scored contact: 1 whether the customer came back, 2 the route, 4 waiting, 8 handling,
        -- 16 guidance. Without a score nothing of it is of use.
        cast(case
            when score is null then -1
            else
                case when return_known then 1 else 0 end
                + case when route <> 'unknown' then 2 else 0 end
                + case when wait_s is not null then 4 else 0 end
                + case when handling_s is not null then 8 else 0 end
                + case when guided is not null then 16 else 0 end
        end as smallint) as known,
        cast(case when return_known and returned_at is null then 1 else 0 end as bigint) as solved,
        cast(case when route = 'self_service_first' then 1 else 0 end as bigint) as self_service,
        cast(case when guided then 1 else 0 end as bigint) as guided,
        cast(repeats as bigint) as repeats,
        -- Times count by proportion, from one minute to two as from five to ten: thousandths of ln(1 + minutes),
        -- which no engine rounds otherwise than another.
        case when wait_s is null then 0 else cast(round(1000 * ln(1 + wait_s / 60)) as bigint) end as waited,
        case when handling_s is null then 0 else cast(round(1000 * ln(1 + handling_s / 60)) as bigint) end as handled,
        cast(coalesce(score, 0) as bigint) as score
    from told
)

select
    day, partner, team, channel, known,
    cast(count(*) as bigint) as contacts,
    cast(sum(n) as bigint) as scores,
    cast(sum(n * solved) as bigint) as solved,
    cast(sum(n * self_service) as bigint) as self_service,
    cast(sum(n * guided) as bigint) as guided,
    cast(sum(n * repeats) as bigint) as repeats,
    cast(sum(n * waited) as bigint) as waited,
    cast(sum(n * handled) as bigint) as handled,
    cast(sum(n * score) as bigint) as score,
    cast(sum(n * solved * self_service) as bigint) as solved_self_service,
    cast(sum(n * solved * guided) as bigint) as solved_guided,
    cast(sum(n * solved * repeats) as bigint) as solved_repeats,
    cast(sum(n * solved * waited) as bigint) as solved_waited,
    cast(sum(n * solved * handled) as bigint) as solved_handled,
    cast(sum(n * solved * score) as bigint) as solved_score,
    cast(sum(n * self_service * guided) as bigint) as self_service_guided,
    cast(sum(n * self_service * repeats) as bigint) as self_service_repeats,
    cast(sum(n * self_service * waited) as bigint) as self_service_waited,
    cast(sum(n * self_service * handled) as bigint) as self_service_handled,
    cast(sum(n * self_service * score) as bigint) as self_service_score,
    cast(sum(n * guided * repeats) as bigint) as guided_repeats,
    cast(sum(n * guided * waited) as bigint) as guided_waited,
    cast(sum(n * guided * handled) as bigint) as guided_handled,
    cast(sum(n * guided * score) as bigint) as guided_score,
    cast(sum(n * repeats * repeats) as bigint) as repeats_repeats,
    cast(sum(n * repeats * waited) as bigint) as repeats_waited,
    cast(sum(n * repeats * handled) as bigint) as repeats_handled,
    cast(sum(n * repeats * score) as bigint) as repeats_score,
    cast(sum(n * waited * waited) as bigint) as waited_waited,
    cast(sum(n * waited * handled) as bigint) as waited_handled,
    cast(sum(n * waited * score) as bigint) as waited_score,
    cast(sum(n * handled * handled) as bigint) as handled_handled,
    cast(sum(n * handled * score) as bigint) as handled_score,
    cast(sum(n * score * score) as bigint) as score_score
from contact
group by day, partner, team, channel, known
