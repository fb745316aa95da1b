-- One row per cell. Customers who bought something, among those with an answered contact of selling partners.
select cell, customers as n, buyers as hits from cells
