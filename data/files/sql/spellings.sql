-- One row per spelling of the file that gives way to another of the same word: the log's most frequent one, else the
-- file's; of equally frequent ones the first in the alphabet's order.
create or replace temp table spelling as
with file_spelling as (
    select word, lower(word) as folded, uses from label where name = $name
),
log_spelling as (
    select word, lower(word) as folded, count(*) as uses from log_word where word <> '' group by word
),
preferred as (
    select folded, first(word order by known desc, uses desc, word) as wanted
    from (
        select folded, word, uses, true as known from log_spelling where folded in (select folded from file_spelling)
        union all
        select folded, word, uses, false from file_spelling
    )
    group by folded
)
select file_spelling.word as given, preferred.wanted
from file_spelling
join preferred on preferred.folded = file_spelling.folded
where file_spelling.word <> preferred.wanted
