-- One row per cell. Contacts that create value, among those whose need is stated.
select cell, need_known as n, need_value as hits from cells
