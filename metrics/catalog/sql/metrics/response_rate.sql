-- One row per cell. Contacts with a score on whatever scale, among those whose survey was delivered.
select
    cell,
    delivered as n,
    score_1 + score_2 + score_3 + score_4 + score_5
    + score_6 + score_7 + score_8 + score_9 + score_10 + other_scales as hits
from cells
