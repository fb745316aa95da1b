-- One row per contact with an impossible value, and the field it stands in. Rows like this are kept aside earlier.
-- fail
select
    contact_id, partner, day,
    case
        when score not between 1 and 10 then 'score'
        when handling_s < 0 then 'handling_s'
        when wait_s < 0 then 'wait_s'
        when resolution_s < 0 then 'resolution_s'
    end as field,
    score, handling_s, wait_s, resolution_s,
    'set the right value by sending the contact again, then build' as what_to_do
from checked_fact
where score not between 1 and 10 or handling_s < 0 or wait_s < 0 or resolution_s < 0
