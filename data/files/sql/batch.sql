-- One row per row of the draft that is good, not replaced by a later row of the file, and new to the log.
create temp view batch as
select draft.*
from draft
anti join replaced on replaced.place = draft.place
anti join (select place from met where same) as unchanged on unchanged.place = draft.place
where draft.record_id is not null
