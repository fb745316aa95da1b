-- One row: how many scores the good rows of the draft bring, and the highest.
select count(score) as scores, max(score) as highest from draft where record_id is not null
