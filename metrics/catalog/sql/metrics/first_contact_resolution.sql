-- One row per cell. Contacts after which the customer did not come back about the same within 7 days.
select cell, return_n_mature as n, return_none_mature as hits from cells
