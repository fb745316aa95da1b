-- One row per agent whose contacts are of several partners.
select agent, list(distinct partner order by partner) as partners
from draft
where record_id is not null and agent <> '' and partner <> ''
group by agent
having count(distinct partner) > 1
order by agent
