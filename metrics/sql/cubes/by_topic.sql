-- One row per day, partner, topic and route. What the contact analysis shows.
select
    day, partner, topic, route,
    {measures}
from measured
group by day, partner, topic, route
