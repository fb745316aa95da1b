-- One row per cell. How many contacts there are, as a rate of the time that they came in.
select
    cell,
    contacts as n,
    contacts as total,
    -- The squares of ones.
    contacts as squares,
    1.0 as exposure
from cells
