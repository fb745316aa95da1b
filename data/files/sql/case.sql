-- One row per row of the file, as a case of the log, with what is wrong with it (null when nothing is).
select
    case_id,
    timezone(getvariable('zone'), opened_at)::date as day,
    floor(epoch(opened_at))::bigint as opened_at,
    floor(epoch(closed_at))::bigint as closed_at,
    coalesce(topic, '') as topic,
    coalesce(pseudonym('customer:' || customer_id), '') as customer_key,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    coalesce(field_fault, case when closed_at < opened_at then told('order', one := 'closed_at', other := 'opened_at') end) as fault,
    checked as origin
from checked
