-- One row per cell. Kroner of sales per answered contact, of partners that record sales.
select
    cell,
    answered_selling as n,
    value_minor / 100.0 as total,
    value_nok_squares as squares
from cells
