-- One row per cell. Scores of the dissatisfied, among all scores.
select
    cell,
    score_1 + score_2 + score_3 + score_4 + score_5
    + score_6 + score_7 + score_8 + score_9 + score_10 as n,
    case when 1 <= $dissatisfied_to then score_1 else 0 end
    + case when 2 <= $dissatisfied_to then score_2 else 0 end
    + case when 3 <= $dissatisfied_to then score_3 else 0 end
    + case when 4 <= $dissatisfied_to then score_4 else 0 end
    + case when 5 <= $dissatisfied_to then score_5 else 0 end
    + case when 6 <= $dissatisfied_to then score_6 else 0 end
    + case when 7 <= $dissatisfied_to then score_7 else 0 end
    + case when 8 <= $dissatisfied_to then score_8 else 0 end
    + case when 9 <= $dissatisfied_to then score_9 else 0 end
    + case when 10 <= $dissatisfied_to then score_10 else 0 end as hits
from cells
