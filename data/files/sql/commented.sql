-- Of rows that say the same as the log, those are changed whose comment is another than the log's latest.
update met
set same = false
from (
    select draft.place
    from draft
    left join (
        select contact_id, arg_max(text, (version, accepted_us, seq)) as text from known_comment group by contact_id
    ) as latest on latest.contact_id = draft.record_id
    where coalesce(without_numbers(draft.comment), '') <> coalesce(latest.text, '')
) as other
where met.same and other.place = met.place
