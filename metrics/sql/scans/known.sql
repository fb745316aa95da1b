-- One row. Scored contacts, and of how many of them each of the drivers is known.
select
    cast(coalesce(sum(sign), 0) as bigint) as scored,
    cast(coalesce(sum(case when return_known then sign end), 0) as bigint) as solved,
    cast(coalesce(sum(case when route <> 'unknown' then sign end), 0) as bigint) as self_service_first,
    cast(coalesce(sum(case when wait_s is not null then sign end), 0) as bigint) as waited,
    cast(coalesce(sum(case when handling_s is not null then sign end), 0) as bigint) as handled
from signed_fact
where
    score is not null and answered and day between $first and $last
    and ($partner = '' or partner = $partner) and ($channel = '' or channel = $channel)
    and ($topic = '' or topic = $topic)
