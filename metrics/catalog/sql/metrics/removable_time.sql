-- One row per cell. Hours of handling that neutral and unwanted contacts took.
select
    cell,
    removable_n as n,
    removable_s / 3600.0 as total,
    removable_squares / 12960000.0 as squares,
    1.0 as exposure
from cells
