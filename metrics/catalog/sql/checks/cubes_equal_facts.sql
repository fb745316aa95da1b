-- One row per cube, day and partner whose sums differ from those of the facts.
-- fail
with expected as (
    select cube_name.cube, checked_sum.* exclude (cube)
    from checked_sum cross join (select distinct cube from checked_cube) as cube_name
),

final as (
    select
        coalesce(expected.cube, checked_cube.cube) as cube,
        coalesce(expected.day, checked_cube.day) as day,
        coalesce(expected.partner, checked_cube.partner) as partner,
        expected.contacts as fact_contacts,
        checked_cube.contacts as cube_contacts,
        coalesce(expected.contacts = checked_cube.contacts, false)
        and (
            -- A cube that does not hold a sum has null for it.
            expected.scored = coalesce(checked_cube.scored, expected.scored)
            and expected.score_total = coalesce(checked_cube.score_total, expected.score_total)
            and expected.handling_s = coalesce(checked_cube.handling_s, expected.handling_s)
            and expected.hits = coalesce(checked_cube.hits, expected.hits)
            and expected.value_minor = coalesce(checked_cube.value_minor, expected.value_minor)
        ) as equal
    from expected
    full outer join checked_cube
        on
            expected.cube = checked_cube.cube
            and expected.day = checked_cube.day
            and expected.partner = checked_cube.partner
)

select * from final where not coalesce(equal, false)
