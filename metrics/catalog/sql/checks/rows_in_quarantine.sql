-- One row per record whose latest version cannot be true. It stays in quarantine until it is sent again, corrected.
-- warn
select kind, key, field, value, 'send it again with a possible value' as what_to_do
from quarantine
where not mended
