-- One row per cell. How many gave each score from 1 to 10.
select
    cell,
    score_1, score_2, score_3, score_4, score_5,
    score_6, score_7, score_8, score_9, score_10
from cells
