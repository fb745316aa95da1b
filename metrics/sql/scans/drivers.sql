-- One row per block of days and combination of what can be counted. Sums and products over scored contacts.
with contacts as (
    select
        contact_id, day, ended_at, partner, team, channel, topic, route, customer, score, wait_s, handling_s,
        guided, returned_at is null as solved, return_known, answered, sum(sign) as n
    from signed_fact
    group by all
    having sum(sign) > 0
),

numbered as (
    select
        *,
        -- So many contacts of the same customer in the seven days before; three are as many as twenty.
        least(coalesce(sum(n) over earlier, 0), 3) as repeats
    from contacts
    where customer <> ''
    window earlier as (
        partition by customer order by ended_at range between 604800 preceding and 1 preceding
    )
    union all
    select *, 0 from contacts where customer = ''
),

scored as (
    select
        *,
        -- Waiting and handling count by proportion: from one minute to two as from five to ten.
        case when $waited_known then ln(1 + wait_s / 60.0) else 0.0 end as waited,
        case when $handled_known then ln(1 + handling_s / 60.0) else 0.0 end as handled
    from numbered
    where
        score is not null and answered
        and (return_known or not $solved_known)
        and (route <> 'unknown' or not $self_service_first_known)
        and (wait_s is not null or not $waited_known)
        and (handling_s is not null or not $handled_known)
        and day between $first and $last and ($guided_only = false or guided is not null)
        and ($partner = '' or partner = $partner) and ($channel = '' or channel = $channel)
        and ($topic = '' or topic = $topic)
)

select
    cast(day - $first as integer) // $block_days as block,
    partner, team,
    cast(solved and $solved_known as integer) as solved,
    cast(route = 'self_service_first' and $self_service_first_known as integer) as self_service_first,
    cast(coalesce(guided, false) as integer) as guided,
    cast(repeats as integer) as repeats,
    cast(sum(n) as bigint) as n,
    cast(sum(score) as double) as score,
    cast(sum(score * score) as double) as score_score,
    sum(waited) as waited,
    sum(handled) as handled,
    sum(waited * waited) as waited_waited,
    sum(handled * handled) as handled_handled,
    sum(waited * handled) as waited_handled,
    sum(waited * score) as waited_score,
    sum(handled * score) as handled_score
from scored
group by all
order by all
