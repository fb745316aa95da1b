-- One row per row of the file, as a session of the log, with what is wrong with it (null when nothing is).
select
    session_id,
    coalesce(pseudonym('customer:' || customer_id), '') as customer_key,
    timezone(getvariable('zone'), started_at)::date as day,
    extract(hour from timezone(getvariable('zone'), started_at))::smallint as hour,
    floor(epoch(started_at))::bigint as started_at,
    floor(epoch(ended_at))::bigint as ended_at,
    coalesce(channel, '') as channel,
    coalesce(topic, '') as topic,
    completed,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    coalesce(field_fault, case when ended_at < started_at then told('order', one := 'ended_at', other := 'started_at') end) as fault,
    checked as origin
from checked
