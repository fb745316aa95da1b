-- One row per comment of a scored contact. What the customer wrote, beside what is known of the contact.
with latest as (
    select contact_id, text
    from comment_event
    where day between $first and $last
    qualify row_number() over (partition by contact_id order by version desc, accepted_us desc, seq desc) = 1
),

contacts as (
    select contact_id, day, partner, team, channel, topic, language, route, score
    from fact
    where
        score is not null and day between $first and $last
        and ($partner = '' or partner = $partner) and ($channel = '' or channel = $channel)
        and ($topic = '' or topic = $topic)
)

select contacts.day, partner, team, channel, topic, language, route, score, latest.text
from contacts
join latest on contacts.contact_id = latest.contact_id
where trim(latest.text) <> ''
order by contacts.day desc, contacts.contact_id
