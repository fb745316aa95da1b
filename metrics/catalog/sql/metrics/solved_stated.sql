-- One row per cell. Customers who say that it was solved at first contact, among those who said.
select cell, solved_n as n, solved_yes as hits from cells
