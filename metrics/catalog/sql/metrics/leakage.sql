-- One row per cell. Sessions followed by a contact of the same customer within 24 hours, among all.
select cell, sessions as n, leaked as hits from cells
