-- One row per row of the file, as the cost of an hour of the log, with what is wrong with it (null when nothing is).
select
    valid_from || '|' || coalesce(partner, '') as cost_id,
    valid_from,
    coalesce(partner, '') as partner,
    (try_cast(cost as decimal(14, 2)) * 100)::bigint as cost_minor,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    field_fault as fault,
    checked as origin
from checked
