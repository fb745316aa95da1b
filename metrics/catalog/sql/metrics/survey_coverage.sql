-- One row per cell. Contacts that were asked, among those that could be.
select cell, eligible as n, asked as hits from cells
