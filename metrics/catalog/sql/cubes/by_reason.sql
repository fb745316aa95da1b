-- One row per day, partner, team, channel and reason. Why customers were asked, or not.
select
    day, partner, team, channel, survey_reason,
    cast(sum(contacts) as bigint) as contacts
from measured
group by day, partner, team, channel, survey_reason
