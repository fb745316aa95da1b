-- One row per cell. Kroner that the handling of neutral and unwanted contacts cost.
select cell, costed_n as n, costed_nok as total, costed_squares as squares, 1.0 as exposure from cells
