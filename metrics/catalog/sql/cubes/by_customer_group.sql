-- One row per day, partner, route and group of customers. How much wider repeat customers make an interval.
select
    day, partner, route, customer_group,
    {measures}
from measured
group by day, partner, route, customer_group
