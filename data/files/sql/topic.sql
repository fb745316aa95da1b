-- One row per row of the file, as a topic of the log, with what is wrong with it (null when nothing is).
select
    topic,
    coalesce(need, '') as need,
    try_cast(ease as smallint) as ease,
    (try_cast(contact_cost as decimal(14, 2)) * 100)::bigint as contact_cost_minor,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    field_fault as fault,
    checked as origin
from checked
