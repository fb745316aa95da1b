-- One row per cell. Kroner of sales per answered contact, weighted by the progression of their products.
select
    cell,
    answered_selling as n,
    weighted_minor / 100.0 as total,
    weighted_nok_squares as squares
from cells
