-- One row per contact whose survey skips a step. A score was delivered, a delivery sent, who is asked eligible.
-- fail
select contact_id, eligible, asked, sent, delivered, score
from checked_fact
where (score is not null and not delivered) or (delivered and not sent) or (asked and not eligible)
