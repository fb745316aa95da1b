-- One row: rows of the file that another replaces, by what that means: the same again, another version of a record
-- that is new or changes, another version of one that in the end stays as it was; and ids of other versions.
select
    count(*) filter (where replaced.same) as repeated,
    count(*) filter (where not replaced.same and settled.record_id is null) as conflicting,
    count(*) filter (where not replaced.same and settled.record_id is not null) as undone,
    list(distinct replaced.record_id order by replaced.record_id) filter (where not replaced.same) as ids
from replaced
left join (select record_id from met where same) as settled on settled.record_id = replaced.record_id
