-- One row per row of the file, as a sale of the log, with what is wrong with it (null when nothing is).
select
    sale_id,
    contact_id,
    timezone(getvariable('zone'), sold_at)::date as day,
    floor(epoch(sold_at))::bigint as sold_at,
    coalesce(kind, '') as kind,
    coalesce(product, '') as product,
    (try_cast(value as decimal(14, 2)) * 100)::bigint as value_minor,
    coalesce(currency, 'NOK') as currency,
    coalesce(cancelled, false) as cancelled,
    getvariable('accepted_us') as accepted_us,
    try_cast(0 as bigint) as seq,
    field_fault as fault,
    checked as origin
from checked
