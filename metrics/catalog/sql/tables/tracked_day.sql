-- One row per day with sessions. When the first and the last of them began.
select day, min(started_at) as first_at, max(started_at) as last_at
from session_event
group by day
