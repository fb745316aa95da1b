-- One row per cell. Customers who say that they were shown how to do it themselves, among those who said.
select cell, guided_n as n, guided_yes as hits from cells
