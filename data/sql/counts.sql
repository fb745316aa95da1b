-- One row: rows of the draft, those that are good, and different ids among them (by hash: too few at worst, then
-- the duplicates are looked for by their ids).
select count(*) as read, count(record_id) as good, count(distinct hash(record_id)) as ids
from draft
