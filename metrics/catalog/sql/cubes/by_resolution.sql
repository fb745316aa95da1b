-- One row per day, partner, topic, route and bin of resolution time. For how long cases took.
select
    day, partner, topic, route, resolution_bin,
    cast(sum(contacts) as bigint) as contacts,
    cast(sum(cases_open) as bigint) as cases_open,
    cast(sum(resolution_n) as bigint) as resolution_n
from measured
group by day, partner, topic, route, resolution_bin
