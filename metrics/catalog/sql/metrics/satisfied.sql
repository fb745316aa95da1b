-- One row per cell. Scores of the satisfied, among all scores.
select
    cell,
    score_1 + score_2 + score_3 + score_4 + score_5
    + score_6 + score_7 + score_8 + score_9 + score_10 as n,
    case when 1 >= $satisfied_from then score_1 else 0 end
    + case when 2 >= $satisfied_from then score_2 else 0 end
    + case when 3 >= $satisfied_from then score_3 else 0 end
    + case when 4 >= $satisfied_from then score_4 else 0 end
    + case when 5 >= $satisfied_from then score_5 else 0 end
    + case when 6 >= $satisfied_from then score_6 else 0 end
    + case when 7 >= $satisfied_from then score_7 else 0 end
    + case when 8 >= $satisfied_from then score_8 else 0 end
    + case when 9 >= $satisfied_from then score_9 else 0 end
    + case when 10 >= $satisfied_from then score_10 else 0 end as hits
from cells
