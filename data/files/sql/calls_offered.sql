-- One row per row of the file, as an interval of calls of the log, with what is wrong with it (null when nothing is).
select
    replace(partner, '|', '¦') || '|' || replace(coalesce(team, ''), '|', '¦') || '|'
        || replace(coalesce(channel, ''), '|', '¦') || '|' || floor(epoch(interval_start))::bigint as interval_id,
    timezone(getvariable('zone'), interval_start)::date as day,
    case
        when coalesce(interval_s, 900) <= 3600 then extract(hour from timezone(getvariable('zone'), interval_start))::smallint
    end as hour,
    floor(epoch(interval_start))::bigint as interval_start,
    try_cast(coalesce(interval_s, 900) as integer) as interval_s,
    partner,
    coalesce(team, '') as team,
    coalesce(channel, '') as channel,
    try_cast(offered as integer) as offered,
    try_cast(answered as integer) as answered,
    try_cast(answered_within_s20 as integer) as answered_within_s20,
    try_cast(abandoned as integer) as abandoned,
    try_cast(wait_s as bigint) as wait_s,
    getvariable('accepted_us') as accepted_us,
    try_cast(0 as bigint) as seq,
    coalesce(field_fault, case
        when answered > offered then told('more', one := 'answered', other := 'offered')
        when answered_within_s20 > coalesce(answered, offered)
            then told('more', one := 'answered_within_s20', other := 'answered')
        when abandoned > offered then told('more', one := 'abandoned', other := 'offered')
    end) as fault,
    checked as origin
from checked
