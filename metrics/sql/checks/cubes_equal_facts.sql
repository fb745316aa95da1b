-- One row per cube, day and partner whose sums differ from those of the facts.
-- fail
with expected as (
    select cube_name.cube, checked_sum.*
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
            -- That cube counts contacts and nothing else.
            coalesce(checked_cube.cube = 'by_reason', false)
            or coalesce(
                expected.scored = checked_cube.scored
                and expected.score_total = checked_cube.score_total
                and expected.handling_s = checked_cube.handling_s
                and expected.hits = checked_cube.hits
                and expected.value_minor = checked_cube.value_minor,
                false
            )
        ) as equal
    from expected
    full outer join checked_cube
        on
            expected.cube = checked_cube.cube
            and expected.day = checked_cube.day
            and expected.partner = checked_cube.partner
)

select * from final where not equal
