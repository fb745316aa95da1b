-- One row per day, partner, team, agent and route. What team leads see of their own.
select
    day, partner, team, agent, route,
    {measures}
from measured
group by day, partner, team, agent, route
