-- One row per row of the draft whose id the log has already, and whether it says the same.
create temp table met as
with before as (
    select known.record_id, arg_max(known.content, (known.version, known.accepted_us, known.seq)) as content,
        arg_max(known.day, (known.version, known.accepted_us, known.seq)) as day
    from known
    semi join draft on draft.record_id = known.record_id
    group by known.record_id
)
select draft.place, draft.record_id, draft.content = before.content as same, draft.day <> before.day as moved
from draft
join before on before.record_id = draft.record_id
anti join replaced on replaced.place = draft.place
