-- One row per day and partner whose states leave somebody out. Asked, skipped, waiting and files are all.
-- fail
select
    day, partner,
    count(*) as contacts,
    sum(case when survey_state in ('asked', 'skipped', 'waiting', 'not_asked') then 1 else 0 end) as stated
from checked_fact
group by day, partner
having count(*) <> sum(case when survey_state in ('asked', 'skipped', 'waiting', 'not_asked') then 1 else 0 end)
