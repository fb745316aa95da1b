-- One row per cell. Contacts for every 1,000 customers who are active for a month.
select
    cell,
    rated_contacts as n,
    rated_contacts as total,
    -- The squares of ones.
    rated_contacts as squares,
    customer_months / 1000.0 as exposure
from cells
