-- One row per cell. How many sessions there are.
select cell, sessions as count from cells
