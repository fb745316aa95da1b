-- One row per cell. Seconds of talk, hold and wrap-up of answered contacts.
select cell, handling_n as n, handling_s as total, handling_squares as squares from cells
