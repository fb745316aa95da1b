-- One row per row of the file, as a month's active customers of the log, with what is wrong with it (null when nothing is).
select
    month || '|' || coalesce(partner, '') as active_id,
    month,
    coalesce(partner, '') as partner,
    try_cast(customers as integer) as customers,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    field_fault as fault,
    checked as origin
from checked
