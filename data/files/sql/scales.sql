-- One row per scale of the scores that the good rows of the draft bring: how many, the highest, the lowest.
select score_scale, count(score_given) as scores, max(score_given) as highest
from draft
where record_id is not null and score_given is not null
group by score_scale
order by score_scale
