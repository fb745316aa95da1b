-- One row per comment of the batch, as the log keeps them: apart from everything else. A contact that is corrected may
-- take its comment back.
select contact_id, day, coalesce(without_numbers(comment), '') as text, accepted_us, seq
from batch
where comment is not null or place in (select place from met)
