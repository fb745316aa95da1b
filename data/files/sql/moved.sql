-- One row: rows of the draft that change a record of the log which was of another day, and ids of some of them.
select count(*) as moved, list(record_id order by place) filter (where nth <= 3) as examples
from (select record_id, place, row_number() over (order by place) as nth from met where not same and moved) as other
