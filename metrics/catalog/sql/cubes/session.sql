-- One row per hour, channel and topic. Sessions and what became of them.
select
    day, hour, channel, topic,
    cast(count(*) as bigint) as sessions,
    cast(sum(case when completed is not null then 1 else 0 end) as bigint) as completion_known,
    cast(sum(case when completed then 1 else 0 end) as bigint) as completed,
    cast(sum(case when completed and not followed_about_the_same then 1 else 0 end) as bigint) as self_served,
    cast(sum(case when followed then 1 else 0 end) as bigint) as leaked
from session_fact
group by day, hour, channel, topic
