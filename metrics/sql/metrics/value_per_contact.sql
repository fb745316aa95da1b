-- One row per cell. Kroner of sales per answered contact, of partners that record sales.
select
    cell,
    answered_selling as n,
    value_minor / 100.0 as total,
    -- The variance is that of whole kroner; the mean is exact to the øre.
    value_nok_squares
    + case
        when answered_selling = 0 then 0
        else ((value_minor / 100.0) * (value_minor / 100.0) - cast(value_nok as double) * value_nok) / answered_selling
    end as squares
from cells
