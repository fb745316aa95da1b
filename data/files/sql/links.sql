-- One row per phone number of the batch and the customer it belongs to: the latest contact's.
select phone_key, arg_max(customer_key, (ended_at, place)) as customer_key, any_value(accepted_us) as accepted_us,
    any_value(seq) as seq
from batch
where phone_key is not null
group by phone_key
