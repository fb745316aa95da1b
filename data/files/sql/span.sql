-- One row: the first and last day of what the batch brings.
select min(day)::varchar as first_day, max(day)::varchar as last_day from batch
