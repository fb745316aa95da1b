-- Labels of a column that are not as they should be.
select word
from label
where name = $name and (as_text(word) is distinct from word or length(word) > $most)
limit 1
