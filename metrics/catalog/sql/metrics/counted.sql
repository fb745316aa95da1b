-- One row per cell. How many contacts there are.
select cell, contacts as count from cells
