-- One row per row of the file, as an interval of calls of the log, with what is wrong with it (null when nothing is).
select
    replace(partner, '|', '¦') || '|' || replace(coalesce(team, ''), '|', '¦') || '|'
        || replace(coalesce(channel, ''), '|', '¦') || '|' || floor(epoch(interval_start))::bigint as interval_id,
    timezone(getvariable('zone'), interval_start)::date as day,
    floor(epoch(interval_start))::bigint as interval_start,
    coalesce(interval_s, 900)::integer as interval_s,
    partner,
    coalesce(team, '') as team,
    coalesce(channel, '') as channel,
    offered::integer as offered,
    answered::integer as answered,
    answered_within_s20::integer as answered_within_s20,
    abandoned::integer as abandoned,
    wait_s::bigint as wait_s,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    coalesce(field_fault, case
        when answered > offered then 'answered is more than offered'
        when answered_within_s20 > coalesce(answered, offered) then 'answered_within_s20 is more than answered'
        when abandoned > offered then 'abandoned is more than offered'
    end) as fault,
    checked as origin
from checked
