-- One row per day and partner with more or fewer facts than contacts.
-- fail
with fact_count as (
    select partner, day, count(*) as contacts from checked_fact group by partner, day
),

final as (
    select
        coalesce(expected_place.partner, fact_count.partner) as partner,
        coalesce(expected_place.day, fact_count.day) as day,
        coalesce(expected_place.contacts, 0) as expected,
        coalesce(fact_count.contacts, 0) as facts
    from expected_place
    full outer join fact_count
        on expected_place.partner = fact_count.partner and expected_place.day = fact_count.day
)

select * from final where expected <> facts
