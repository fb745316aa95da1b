-- One row per contact that came after self-service. The latest session of the customer within 24 h before.
select contact_key.contact_id, max(session_now.started_at) as session_at
from contact_key
inner join target_partition
    on contact_key.partner = target_partition.partner and contact_key.day = target_partition.day
inner join session_now on contact_key.customer = session_now.customer_key
where
    -- Where the source has only a date, nobody knows whether a session or the contact came first.
    contact_key.hour is not null
    -- A session begun while waiting or talking did not come first.
    and session_now.started_at between contact_key.began_at - 86400 and contact_key.began_at
    -- Nobody waits and talks for five days: what says so is looked at no further back.
    and session_now.started_at >= contact_key.ended_at - 518400
group by contact_key.contact_id
