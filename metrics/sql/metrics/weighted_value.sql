-- One row per cell. Kroner of sales per answered contact, weighted by the progression of their products.
select
    cell,
    answered_selling as n,
    weighted_minor / 100.0 as total,
    -- The variance is that of whole kroner; the mean is exact to the øre.
    weighted_nok_squares
    + case
        when answered_selling = 0 then 0
        else ((weighted_minor / 100.0) * (weighted_minor / 100.0) - cast(weighted_nok as double) * weighted_nok) / answered_selling
    end as squares
from cells
