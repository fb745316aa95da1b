-- One row per day, partner, channel, topic and route. The strata of like-for-like comparisons.
select
    day, partner, channel, topic, route,
    {measures}
from measured
group by day, partner, channel, topic, route
