-- One row per row of the file, as a contact of the log, with what is wrong with it (null when nothing is).
select
    contact_id,
    getvariable('source')::known_word as source,
    local::date as day,
    case when ended_at_clock then extract(hour from local)::smallint end as hour,
    floor(epoch(ended_at))::bigint as ended_at,
    coalesce(partner, '') as partner,
    coalesce(team, '') as team,
    coalesce(agent, '') as agent,
    coalesce(channel, '') as channel,
    coalesce(topic, '') as topic,
    coalesce(try_cast(language as known_word), ''::known_word) as language,
    coalesce(pseudonym('customer:' || customer_id), pseudonym('phone:' || e164), '') as customer_key,
    customer_id is not null as identified,
    coalesce(answered, offered_at is null or answered_at is not null) as answered,
    try_cast(floor(epoch(answered_at)) - floor(epoch(offered_at)) as integer) as wait_s,
    try_cast(talk_s as integer) as talk_s,
    try_cast(hold_s as integer) as hold_s,
    try_cast(wrap_s as integer) as wrap_s,
    try_cast(coalesce(handling_s, parts_s) as integer) as handling_s,
    coalesce(case_id, '') as case_id,
    self_service_first,
    coalesce(closed_automatically, false) as closed_automatically,
    getvariable('asked') as asked,
    case when coalesce(score_scale, '1-10') = '1-10' then try_cast(score as smallint) end as score,
    floor(epoch(score_at))::bigint as score_at,
    case when score is null then ''::known_word
        else coalesce(try_cast(score_scale as known_word), '1-10'::known_word)
    end as score_scale,
    try_cast(score as smallint) as score_given,
    hit,
    (try_cast(hit_value as decimal(14, 2)) * 100)::bigint as hit_value_minor,
    getvariable('accepted_us') as accepted_us,
    try_cast(0 as bigint) as seq,
    comment,
    case when customer_id is not null then pseudonym('phone:' || e164) end as phone_key,
    coalesce(field_fault, case
        when answered_at < offered_at then told('order', one := 'answered_at', other := 'offered_at')
        when ended_at < answered_at then told('order', one := 'ended_at', other := 'answered_at')
        when ended_at < offered_at then told('order', one := 'ended_at', other := 'offered_at')
        when not answered and answered_at is not null then 'unanswered'
        when parts_s > 86400 then 'parts_over_a_day'
        when parts_s > handling_s + 2 then 'parts_over_sum'
    end) as fault,
    checked as origin
from (
    select
        *,
        timezone(getvariable('zone'), ended_at) as local,
        case when talk_s is not null or hold_s is not null or wrap_s is not null
            then coalesce(talk_s, 0) + coalesce(hold_s, 0) + coalesce(wrap_s, 0)
        end as parts_s
    from checked
) as checked
