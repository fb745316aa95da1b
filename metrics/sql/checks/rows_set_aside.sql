-- One row per record whose latest version cannot be true. It is kept aside until it is sent again, corrected.
-- warn
select kind, key, field, value, 'send it again with a possible value' as what_to_do
from set_aside
where not mended
