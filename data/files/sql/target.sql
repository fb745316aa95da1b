-- One row per row of the file, as a target of the log, with what is wrong with it (null when nothing is).
select
    target_id,
    metric,
    coalesce(filters, '{}') as filters,
    baseline::double as baseline,
    target::double as target,
    start,
    "by",
    coalesce(owner, '') as owner,
    coalesce(withdrawn, false) as withdrawn,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    coalesce(field_fault, case when "by" < start then told('order', one := 'by', other := 'start') end) as fault,
    checked as origin
from checked
