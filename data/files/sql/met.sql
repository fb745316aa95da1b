-- One row: rows of the draft that the log has already, with the same content and with another.
select count(*) filter (where same) as same, count(*) filter (where not same) as other
from met
