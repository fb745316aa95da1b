-- One row: rows of the draft, those that are good, and whether each id is greater than the one before, as where an
-- export is in the order of its ids: then none is there twice.
select count(*) as read, count(record_id) as good,
    coalesce(bool_and(coalesce(record_id > before, place = 0)), true) as rising
from (select record_id, place, lag(record_id) over () as before from draft)
