-- One row per partner whose sources of the route contradict each other in more than one contact of ten.
-- warn
select
    partner,
    count(*) as contacts,
    sum(case when session_at is not null and not flag then 1 else 0 end) as session_against_flag
from checked_fact
where session_at is not null and flag is not null
group by partner
having sum(case when not flag then 1 else 0 end) * 10 > count(*) and count(*) >= 50
