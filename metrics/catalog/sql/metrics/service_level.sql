-- One row per cell. Calls answered within 20 seconds, among those offered where that was counted.
select cell, within_n as n, within_20_s as hits from cells
