-- One row per day, partner, topic and route. What the contact analysis shows.
select
    day, partner, topic, route,
    {measures}
from cube_strata
group by day, partner, topic, route
