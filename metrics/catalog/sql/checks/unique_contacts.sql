-- One row per contact that stands more than once. Every contact has one fact.
-- fail
select contact_id, count(*) as facts, min(partner) as partner, min(day) as day
from checked_fact
group by contact_id
having count(*) > 1
