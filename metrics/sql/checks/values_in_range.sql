-- One row per contact with an impossible value. Scores are 1–10, times and values not negative.
-- fail
select contact_id, score, handling_s, wait_s, value_minor
from checked_fact
where score not between 1 and 10 or handling_s < 0 or wait_s < 0
