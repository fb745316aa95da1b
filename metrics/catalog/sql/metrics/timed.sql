-- One row per cell. How many contacts have a handling time.
select cell, handling_n as count from cells
