-- One row per contact of a known customer. How many the same customer had in the seven days before: 3 is 3 or more.
select
    contact_id,
    cast(least(count(*) over earlier, 3) as smallint) as repeats
from contact_key
where customer in (select customer from target_customer)
-- Contacts of the same second, or of a day of which no hour is known, are not one after the other.
window earlier as (
    partition by customer order by ended_at range between 604800 preceding and 1 preceding
)
