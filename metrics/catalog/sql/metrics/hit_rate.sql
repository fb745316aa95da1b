-- One row per cell. Answered contacts that led to a sale, of partners that record sales.
select cell, answered_selling as n, hits from cells
