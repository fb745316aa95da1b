-- One row: how many different ids the good rows of the draft have (by hash: too few at worst, then the duplicates are
-- looked for by their ids).
select count(distinct hash(record_id)) as ids
from draft
where record_id is not null
