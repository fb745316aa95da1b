-- One row per comment of the batch, as the log keeps them: apart from everything else.
select contact_id, day, as_comment as text, accepted_us, seq
from (select *, trim(comment) as as_comment from batch)
where as_comment <> ''
