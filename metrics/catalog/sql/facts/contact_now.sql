-- One row per contact. Its latest version: of several, the one accepted last counts.
with repeated as (
    -- Only the few that came more than once are ranked: a window over everything costs three times as much.
    select contact_id from contact_event group by contact_id having count(*) > 1
),

ranked as (
    select
        contact_event.*,
        row_number() over (partition by contact_id order by version desc, accepted_us desc, seq desc) as place
    from contact_event
    where contact_id in (select contact_id from repeated)
),

final as (
    select
        contact_id, source, day, hour, ended_at, partner, team, agent, channel, topic, language,
        customer_key, identified, answered, wait_s, talk_s, hold_s, wrap_s, handling_s, case_id,
        self_service_first, closed_automatically, asked, score, score_at, score_scale, score_given,
        hit, hit_value_minor
    from contact_event
    where contact_id not in (select contact_id from repeated)
    union all
    select
        contact_id, source, day, hour, ended_at, partner, team, agent, channel, topic, language,
        customer_key, identified, answered, wait_s, talk_s, hold_s, wrap_s, handling_s, case_id,
        self_service_first, closed_automatically, asked, score, score_at, score_scale, score_given,
        hit, hit_value_minor
    from ranked
    where place = 1
)

select * from final
