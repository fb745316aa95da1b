-- One row per day, partner, team, channel and route. What the comparison and the scorecards show.
select
    day, partner, team, channel, route,
    {measures}
from measured
group by day, partner, team, channel, route
