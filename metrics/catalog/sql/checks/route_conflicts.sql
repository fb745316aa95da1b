-- One row per partner whose sources of the route contradict each other in more than one contact of ten.
-- warn
with compared as (
    select
        partner,
        case
            when session_at is not null and flag is not null and not flag then 1 else 0
        end as session_against_flag,
        case
            when session_at is not null and tried_self_service is not null and not tried_self_service then 1 else 0
        end as session_against_answer,
        case
            when flag is not null and tried_self_service is not null and flag <> tried_self_service then 1 else 0
        end as flag_against_answer
    from checked_fact
    where
        (session_at is not null and (flag is not null or tried_self_service is not null))
        or (flag is not null and tried_self_service is not null)
)

select
    partner,
    count(*) as contacts,
    sum(session_against_flag) as session_against_flag,
    sum(session_against_answer) as session_against_answer,
    sum(flag_against_answer) as flag_against_answer
from compared
group by partner
having
    sum(case when session_against_flag + session_against_answer + flag_against_answer > 0 then 1 else 0 end) * 10
    > count(*)
    and count(*) >= 50
