-- One row per cell. Calls answered, among those offered where that was counted.
select cell, answer_n as n, queue_answered as hits from cells
