-- One row per day, partner, topic, route and bin of handling time. For medians of one topic.
select
    day, partner, topic, route, handling_bin,
    cast(sum(contacts) as bigint) as contacts,
    cast(sum(handling_n) as bigint) as handling_n
from measured
group by day, partner, topic, route, handling_bin
