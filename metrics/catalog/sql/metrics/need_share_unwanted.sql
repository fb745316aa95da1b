-- One row per cell. Contacts that should not have been needed, among those whose need is stated.
select cell, need_known as n, need_unwanted as hits from cells
