-- One row per fact. What it adds to every sum.
select
    day, hour, partner, team, agent, channel, topic, language, route, score_source, survey_reason,
    customer, resolution_bin,
    -- One of 64 groups: by the pseudonym, which is spread evenly, or by a hash of what is none. Contacts of nobody
    -- known are a customer each.
    substr(grouped_by, 1, 1) || translate(
        substr(grouped_by, 2, 1), '0123456789abcdef', '000044448888cccc'
    ) as customer_group,
    case when answered then handling_bin end as handling_bin,
    1 as contacts,
    case when answered then 1 else 0 end as answered,
    case when route = 'self_service_first' then 1 else 0 end as self_service_first,
    case when route = 'direct' then 1 else 0 end as direct,
    case when route = 'unknown' then 1 else 0 end as route_unknown,
    -- The sources of the route contradict each other: counted, so that somebody looks.
    case
        when session_at is not null and (not coalesce(flag, true) or not coalesce(tried_self_service, true))
            then 1
        when flag is not null and tried_self_service is not null and flag <> tried_self_service then 1
        else 0
    end as route_conflicts,
    case when survey_state = 'asked' then 1 else 0 end as state_asked,
    case when survey_state = 'skipped' then 1 else 0 end as state_skipped,
    case when survey_state = 'waiting' then 1 else 0 end as state_waiting,
    case when survey_state = 'not_asked' then 1 else 0 end as state_imported,
    case when eligible then 1 else 0 end as eligible,
    case when asked then 1 else 0 end as asked,
    case when sent then 1 else 0 end as sent,
    case when delivered then 1 else 0 end as delivered,
    case when late then 1 else 0 end as late,
    case when score = 1 then 1 else 0 end as score_1,
    case when score = 2 then 1 else 0 end as score_2,
    case when score = 3 then 1 else 0 end as score_3,
    case when score = 4 then 1 else 0 end as score_4,
    case when score = 5 then 1 else 0 end as score_5,
    case when score = 6 then 1 else 0 end as score_6,
    case when score = 7 then 1 else 0 end as score_7,
    case when score = 8 then 1 else 0 end as score_8,
    case when score = 9 then 1 else 0 end as score_9,
    case when score = 10 then 1 else 0 end as score_10,
    case when score_source = 'imported' then 1 else 0 end as scores_imported,
    case when other_scale then 1 else 0 end as other_scales,
    case when answered and handling_s is not null then 1 else 0 end as handling_n,
    case
        when answered and handling_s is not null
            then cast(handling_s as bigint)
        else 0
    end as handling_s,
    case
        when answered and handling_s is not null
            then cast(handling_s as bigint) * handling_s
        else 0
    end as handling_squares,
    case when answered and wait_s is not null then 1 else 0 end as wait_n,
    case when answered and wait_s is not null then cast(wait_s as bigint) else 0 end as wait_s,
    case
        when answered and wait_s is not null
            then cast(wait_s as bigint) * wait_s
        else 0
    end as wait_squares,
    case when sale_known then 1 else 0 end as sale_known,
    case when answered and hit then 1 else 0 end as hits,
    case when answered then value_minor else 0 end as value_minor,
    -- Squares are in NOK², to the nearest: their sums in øre² would leave 64 bits, and so would each from
    -- thirty million kroner on, of which the square is that of whole kroner.
    case
        when answered and value_minor between -2000000000 and 2000000000
            then cast((value_minor * value_minor + 5000 - (value_minor * value_minor + 5000) % 10000) / 10000 as bigint)
        when answered
            then cast((value_minor - value_minor % 100) / 100 as bigint) * cast((value_minor - value_minor % 100) / 100 as bigint)
        else 0
    end as value_nok_squares,
    -- Weighted by the products' progression.
    case when answered then cast((weighted_milli - weighted_milli % 1000) / 1000 as bigint) else 0 end as weighted_minor,
    case
        when answered and weighted_milli between -2000000000000 and 2000000000000
            then cast(
                (
                    cast((weighted_milli - weighted_milli % 1000) / 1000 as bigint) * cast((weighted_milli - weighted_milli % 1000) / 1000 as bigint)
                    + 5000
                    - (cast((weighted_milli - weighted_milli % 1000) / 1000 as bigint) * cast((weighted_milli - weighted_milli % 1000) / 1000 as bigint) + 5000) % 10000
                ) / 10000 as bigint
            )
        when answered
            then cast((weighted_milli - weighted_milli % 100000) / 100000 as bigint) * cast((weighted_milli - weighted_milli % 100000) / 100000 as bigint)
        else 0
    end as weighted_nok_squares,
    case when case_open then 1 else 0 end as cases_open,
    case when resolution_bin is not null then 1 else 0 end as resolution_n,
    case when answered and return_known then 1 else 0 end as return_n,
    case when answered and return_known and returned_at is null then 1 else 0 end as return_none,
    case when solved is not null then 1 else 0 end as solved_n,
    case when solved then 1 else 0 end as solved_yes,
    case when guided is not null then 1 else 0 end as guided_n,
    case when guided then 1 else 0 end as guided_yes,
    case when self_help_score is not null then 1 else 0 end as self_help_n,
    coalesce(cast(self_help_score as bigint), 0) as self_help_total,
    coalesce(cast(self_help_score as bigint) * self_help_score, 0) as self_help_squares
from (
    select
        *,
        case
            when customer = '' then md5(contact_id)
            when length(customer) = 32 then customer
            else md5(customer)
        end as grouped_by
    from fact
) as keyed
