-- One row per known customer with a contact in the partitions to be made. Nobody else's history is looked at.
select distinct contact_key.customer
from contact_key
inner join target_partition
    on contact_key.partner = target_partition.partner and contact_key.day = target_partition.day
where contact_key.customer <> ''
