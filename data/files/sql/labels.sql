-- One row per different word of a column, with its uses.
insert into label
select any_value(name), word, count(*) as uses
from labelled
where word <> ''
group by word
