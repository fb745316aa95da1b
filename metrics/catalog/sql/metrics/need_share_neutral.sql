-- One row per cell. Contacts that could be automated, among those whose need is stated.
select cell, need_known as n, need_neutral as hits from cells
