-- One row per day, partner, channel and hour. The rhythm of the day.
select
    day, partner, channel, hour,
    {measures}
from measured
group by day, partner, channel, hour
