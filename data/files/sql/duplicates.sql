-- One row per row of the draft that a later row with the same id replaces, and whether it says the same.
create temp table replaced as
with twice as (
    select hash(record_id) as id_hash
    from draft
    where record_id is not null
    group by id_hash
    having count(*) > 1
),
ranked as (
    select
        draft.place,
        draft.record_id,
        draft.said,
        row_number() over latest_first as nth,
        first_value(draft.said) over latest_first as latest
    from draft
    semi join twice on twice.id_hash = hash(draft.record_id)
    window latest_first as (partition by draft.record_id order by draft.place desc)
)
select place, record_id, said = latest as same
from ranked
where nth > 1
