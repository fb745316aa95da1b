-- One row: good rows of the draft that tell an hour, and those of them at midnight. Zones differ by quarters of an hour.
select
    count(*) filter (where hour is not null) as told,
    count(*) filter (where hour = 0 and ended_at % 900 = 0) as midnights
from draft
where record_id is not null
