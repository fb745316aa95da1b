-- One row per cell. What customers who tried the website or app first think of it, 1–10.
select cell, self_help_n as n, self_help_total as total, self_help_squares as squares from cells
