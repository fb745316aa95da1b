-- One row per row of the file, as a product of the log, with what is wrong with it (null when nothing is).
select
    product,
    coalesce(try_cast(round(progression * 1000) as integer), 1000) as progression_milli,
    getvariable('accepted_us') as accepted_us,
    0::bigint as seq,
    field_fault as fault,
    checked as origin
from checked
