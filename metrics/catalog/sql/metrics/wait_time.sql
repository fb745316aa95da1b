-- One row per cell. Seconds until an answered contact was answered.
select cell, wait_n as n, wait_s as total, wait_squares as squares from cells
