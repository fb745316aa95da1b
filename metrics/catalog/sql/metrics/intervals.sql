-- One row per cell. How many intervals of calls offered there are.
select cell, intervals as count from cells
