-- One row per day, partner, route and bin of handling time. For medians and the slowest tenth.
select
    day, partner, route, handling_bin,
    cast(sum(contacts) as bigint) as contacts,
    cast(sum(handling_n) as bigint) as handling_n
from cube_topic_duration
group by day, partner, route, handling_bin
