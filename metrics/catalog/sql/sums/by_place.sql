-- One row per cube, day and partner. Sums that must be the same wherever they are made.
select
    cube, day, partner,
    cast(sum(contacts) as bigint) as contacts,
    cast(sum(
        score_1 + score_2 + score_3 + score_4 + score_5 + score_6 + score_7 + score_8 + score_9 + score_10
    ) as bigint) as scored,
    cast(sum(
        score_1 + 2 * score_2 + 3 * score_3 + 4 * score_4 + 5 * score_5
        + 6 * score_6 + 7 * score_7 + 8 * score_8 + 9 * score_9 + 10 * score_10
    ) as bigint) as score_total,
    cast(sum(handling_s) as bigint) as handling_s,
    cast(sum(hits) as bigint) as hits,
    cast(sum(value_minor) as bigint) as value_minor
from to_sum
group by cube, day, partner
having sum(contacts) <> 0
