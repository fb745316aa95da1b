-- One row per cell. How many contacts opened a case whose resolution time is known.
select cell, resolution_n as count from cells
