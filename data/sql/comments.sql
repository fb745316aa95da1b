-- One row per comment of the batch, as the log keeps them: apart from everything else.
select contact_id, day, without_numbers(comment) as text, accepted_us, seq
from batch
where comment is not null
