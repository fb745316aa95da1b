-- One row: whether any day of the draft comes after a later one.
select coalesce(bool_or(day < before), false) as unordered
from (select day, lag(day) over () as before from draft)
