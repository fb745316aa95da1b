-- One row per cell. Sessions that were completed and not followed by a contact on the topic, among all.
select
    cell,
    -- Where no session tells whether it was completed nobody knows how many were.
    case when completion_known = 0 then 0 else sessions end as n,
    self_served as hits
from cells
