-- One row per different day of the good rows of the draft.
select distinct day from draft where record_id is not null
