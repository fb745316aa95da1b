-- One row per contact of the partitions to be made. All that is known of it: what came in, its survey, its sales, its route.
with joined as (
    select
        contact_now.*,
        outcome_now.state,
        outcome_now.reason,
        outcome_now.eligible,
        outcome_now.sent,
        outcome_now.delivered,
        outcome_now.score as live_score,
        outcome_now.score_source as live_score_source,
        coalesce(outcome_now.late, false) as late,
        outcome_now.solved,
        outcome_now.guided,
        outcome_now.tried_self_service,
        outcome_now.self_help_score,
        coalesce(link_now.customer_key, contact_now.customer_key) as customer,
        contact_now.identified or link_now.customer_key is not null as known,
        contact_session.session_at,
        contact_return.contact_id is not null as return_known,
        contact_return.returned_at,
        coalesce(contact_repeat.repeats, 0) as repeats,
        time_bin.bin as handling_bin,
        tracked_span.from_at is not null as tracked,
        contact_sale.contact_id is not null as sale_told,
        coalesce(contact_sale.sales, 0) as sales,
        coalesce(contact_sale.value_minor, 0) as sales_minor,
        coalesce(contact_sale.weighted_milli, 0) as sales_weighted_milli,
        contact_case.case_open,
        contact_case.resolution_s,
        contact_case.resolution_bin,
        contact_now.source in ('api', 'hand') as live
    from contact_now
    inner join target_partition
        on contact_now.partner = target_partition.partner and contact_now.day = target_partition.day
    left join outcome_now on contact_now.contact_id = outcome_now.contact_id
    left join link_now on contact_now.customer_key = link_now.phone_key
    left join contact_session on contact_now.contact_id = contact_session.contact_id
    left join contact_sale on contact_now.contact_id = contact_sale.contact_id
    left join contact_return on contact_now.contact_id = contact_return.contact_id
    left join contact_repeat on contact_now.contact_id = contact_repeat.contact_id
    left join time_bin on contact_now.handling_s = time_bin.seconds
    left join contact_case on contact_now.contact_id = contact_case.contact_id
    -- Sessions were tracked over all of the 24 hours in which one would have counted, and until the contact.
    left join tracked_span
        on
            contact_now.ended_at - coalesce(contact_now.handling_s, 0) - coalesce(contact_now.wait_s, 0)
            between tracked_span.from_at + 86400 and tracked_span.to_at
),

routed as (
    select
        joined.*,
        case
            when session_at is not null then 'session'
            when self_service_first is not null then 'flag'
            when tried_self_service is not null then 'answer'
            when known and tracked and hour is not null then 'no_session'
            else 'none'
        end as route_source,
        -- An answer after the window is kept, and counted as late, but it is not a score of the survey.
        case when live_score is not null and not late then live_score end as counted_score
    from joined
),

final as (
    select
        contact_id, source, day, hour, ended_at, partner, team, agent, channel, topic, language, customer,
        answered, wait_s, handling_s, handling_bin,
        self_service_first as flag,
        tried_self_service,
        session_at,
        case
            when route_source = 'session' then 'self_service_first'
            when route_source = 'flag' and self_service_first then 'self_service_first'
            when route_source = 'answer' and tried_self_service then 'self_service_first'
            when route_source = 'none' then 'unknown'
            else 'direct'
        end as route,
        route_source,
        return_known,
        returned_at,
        repeats,
        coalesce(state, case when live then 'waiting' else 'not_asked' end) as survey_state,
        coalesce(reason, case when live then 'new' else 'imported' end) as survey_reason,
        -- Whoever answered was reached, whatever became of the carrier's report.
        coalesce(eligible, false) or coalesce(state = 'asked', false) or coalesce(asked, false)
        or coalesce(counted_score, score, score_given) is not null as eligible,
        coalesce(state = 'asked', false) or coalesce(asked, false)
        or coalesce(counted_score, score, score_given) is not null as asked,
        coalesce(sent, false) or coalesce(delivered, false) or coalesce(asked, false)
        or coalesce(counted_score, score, score_given) is not null as sent,
        coalesce(delivered, false) or coalesce(asked, false)
        or coalesce(counted_score, score, score_given) is not null as delivered,
        coalesce(counted_score, score) as score,
        case
            when counted_score is not null then coalesce(live_score_source, '')
            when score is not null then 'imported'
            else ''
        end as score_source,
        -- A score on another scale than 1–10 is never mixed with those, but somebody did answer.
        coalesce(counted_score, score) is null and score_given is not null and score_scale <> '1-10'
        as other_scale,
        late, solved, guided, self_help_score,
        sales,
        sale_told or hit is not null as sale_known,
        case when sale_told then sales > 0 else coalesce(hit, false) end as hit,
        case
            when sale_told then sales_minor
            when coalesce(hit, false) then coalesce(hit_value_minor, 0)
            else 0
        end as value_minor,
        case
            when sale_told then sales_weighted_milli
            when coalesce(hit, false) then coalesce(hit_value_minor, 0) * 1000
            else 0
        end as weighted_milli,
        case_open,
        resolution_s,
        resolution_bin
    from routed
)

select * from final
