-- One row per hour, channel and topic. Sessions and what became of them; a row of sign -1 takes away.
select
    day, hour, channel, topic,
    cast(sum(sign) as bigint) as sessions,
    cast(sum(case when completed is not null then sign else 0 end) as bigint) as completion_known,
    cast(sum(case when completed then sign else 0 end) as bigint) as completed,
    cast(sum(case when completed and not followed_about_the_same then sign else 0 end) as bigint) as self_served,
    cast(sum(case when followed then sign else 0 end) as bigint) as leaked
from signed_session
group by day, hour, channel, topic
