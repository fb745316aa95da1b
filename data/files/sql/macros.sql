-- How the text of a file becomes values. Null goes in where nothing was given; null comes out where it cannot be read.
-- Each macro tries first what almost every value is, since it runs for every value of every row. None uses `in (…)` or
-- list_contains: DuckDB makes a join of them, and the rows would lose the file's order. None may raise: one absurd
-- value would stop a whole import.

-- The words of a column that are known beforehand are a dictionary: none is made by looking at every row.
create type known_word as enum (select distinct unnest(getvariable('known_words')));

create macro has_controls(given) as regexp_matches(given, '[\x00-\x08\x0e-\x1b\x7f]');

-- Without the white space around it. What is plain ASCII is seen to have none, which is cheaper than to trim it.
create macro bare(given) as case
    when regexp_full_match(given, '[!-~]([ -~]*[!-~])?') then given
    else regexp_replace(given, '^[\t-\r\x1c-\x20\x{85}\pZ]+|[\t-\r\x1c-\x20\x{85}\pZ]+$', '', 'g')
end;

-- Labels: white space as Python's str.isspace has it, trimmed and collapsed; null where it is no text.
create macro as_text(given) as case
    when regexp_full_match(given, '[!-~]+( [!-~]+)*') then given
    when not has_controls(given) then nullif(trim(regexp_replace(given, '[\t-\r\x1c-\x20\x{85}\pZ]+', ' ', 'g')), '')
end;

-- Free text keeps its lines.
create macro as_words(given) as case when not has_controls(given) then nullif(
    regexp_replace(given, '^[\t-\r\x1c-\x20\x{85}\pZ]+|[\t-\r\x1c-\x20\x{85}\pZ]+$', '', 'g'), ''
) end;

create macro as_code(given) as lower(as_text(given));

-- nb, nn, en from no, nb-NO, EN_us
create macro as_language(given) as case regexp_extract(as_code(given), '^[a-z]*')
    when 'no' then 'nb'
    else regexp_extract(as_code(given), '^[a-z]*')
end;

create macro as_flag(given) as case
    when given = 'true' then true
    when given = 'false' then false
    when regexp_full_match(bare(given), '(?i)(true|t|yes|y|1|on|ja|j)') then true
    when regexp_full_match(bare(given), '(?i)(false|f|no|n|0|off|nei)') then false
end;

-- A number to six decimals: plain, or of the shape that numbers have under the mapping's marks.
create macro as_number(given, shape, decimal_mark, thousands_mark) as coalesce(
    case when decimal_mark = '.' then try_cast(given as decimal(18, 6)) end,
    case when regexp_full_match(bare(given), shape) then try_cast(
        replace(replace(regexp_replace(bare(given), '[\x20\pZ]', '', 'g'), thousands_mark, ''), decimal_mark, '.')
        as decimal(18, 6)
    ) end
);

create macro as_whole(given, number) as case when given is not null then coalesce(
    case when regexp_full_match(given, '\d{1,9}') then given::bigint end,
    case when number::bigint = number then number::bigint end
) end;

create macro hms_seconds(given) as split_part(given, ':', 1)::bigint * 3600 + split_part(given, ':', 2)::bigint * 60
    + floor(split_part(given, ':', 3)::decimal(9, 6) + 0.5)::bigint;
-- h:m:s is the same whatever the mapping says; of two parts it must say which. A time of day (12:02:23 AM) is how
-- spreadsheets show a duration in a cell that they take for a clock; `0 days 00:02:23` is how pandas writes one.
create macro clock_seconds(given, clock) as case
    when regexp_full_match(given, '\d{1,4}:[0-5]?\d:[0-5]?\d(\.\d+)?') then hms_seconds(given)
    when clock = 'm:s' and regexp_full_match(given, '\d{1,4}:[0-5]?\d')
        then split_part(given, ':', 1)::bigint * 60 + split_part(given, ':', 2)::bigint
    when clock = 'h:m' and regexp_full_match(given, '\d{1,4}:[0-5]?\d')
        then split_part(given, ':', 1)::bigint * 3600 + split_part(given, ':', 2)::bigint * 60
    when regexp_full_match(given, '(1[0-2]|0?[1-9]):[0-5]\d:[0-5]\d ?[ap]m')
        then hms_seconds(regexp_extract(given, '[\d:]+')) % 43200 + if(contains(given, 'p'), 43200, 0)
    when regexp_full_match(given, '\d{1,2} days? [+]?\d{1,2}:[0-5]\d:[0-5]\d(\.\d+)?')
        then split_part(given, ' ', 1)::bigint * 86400 + hms_seconds(regexp_extract(given, '[\d:.]+$'))
end;
-- A number with or without decimals, whichever mark they have: what names its unit is no number of thousands.
create macro as_decimal(given) as try_cast(replace(given, ',', '.') as decimal(18, 6));
-- 080000, 901: a time of day without colons.
create macro packed_seconds(given, clock) as case
    when clock = 'hhmmss' and regexp_full_match(given, '([01]?\d|2[0-3])?([0-5]?\d)?[0-5]?\d') then
        given::bigint // 10000 * 3600 + given::bigint // 100 % 100 * 60 + given::bigint % 100
    when clock = 'hhmm' and regexp_full_match(given, '([01]?\d|2[0-3])?[0-5]?\d') then
        given::bigint // 100 * 3600 + given::bigint % 100 * 60
end;
-- 1h 5m, 2 min 30 s, 45 sec, 3 timer: each part names its unit. PT1M49S is ISO 8601's way.
create macro spoken_seconds(given) as case
    when regexp_full_match(given, '\d{1,6}[.,]\d{1,6} ?(h|hrs?|hours?|t|timer?|m|mins?|minut(es?|ter|t)|s|secs?|seconds?|sek|sekund(er)?)\.?')
        then floor(0.5 + as_decimal(regexp_extract(given, '[\d.,]*\d')) * case
            when regexp_matches(given, '\d ?[ht]') then 3600 when regexp_matches(given, '\d ?m') then 60 else 1
        end)::bigint
    when regexp_full_match(given, 'p(\d{1,3}d)?(t(\d{1,4}h)?(\d{1,5}m)?(\d{1,6}([.,]\d{1,6})?s)?)?') and regexp_matches(given, '\d') then
        coalesce(try_cast(regexp_extract(given, '(\d+)d', 1) as bigint), 0) * 86400
        + coalesce(try_cast(regexp_extract(given, '(\d+)h', 1) as bigint), 0) * 3600
        + coalesce(try_cast(regexp_extract(given, '(\d+)m', 1) as bigint), 0) * 60
        + floor(0.5 + coalesce(as_decimal(regexp_extract(given, '([\d.,]+)s', 1)), 0))::bigint
    when regexp_full_match(
        given,
        '(\d{1,4} ?(h|hrs?|hours?|t|timer?)\.?)?[ ,]*(\d{1,5} ?(m|mins?|minut(es?|ter|t))\.?)?[ ,]*(\d{1,6} ?(s|secs?|seconds?|sek|sekund(er)?)\.?)?'
    ) and regexp_matches(given, '\d') then
        coalesce(try_cast(regexp_extract(given, '(\d+) ?[ht]', 1) as bigint), 0) * 3600
        + coalesce(try_cast(regexp_extract(given, '(\d+) ?m', 1) as bigint), 0) * 60
        + coalesce(try_cast(regexp_extract(given, '(\d+) ?s', 1) as bigint), 0)
end;
-- Half a second goes up, as in data/values.py (a cast of text rounds the same way). A colon makes it a clock.
create macro as_seconds(given, number, factor, clock, plain) as coalesce(
    case when plain then try_cast(given as integer) end,
    floor(number::double * factor + 0.5)::bigint,
    -- A list of one, so that the text is trimmed once and not at each of its uses, of which there are dozens.
    case when given is not null then list_transform([lower(bare(given))], lambda text: case
        when contains(text, ':') then clock_seconds(text, clock)
        when starts_with(clock, 'hh') then packed_seconds(text, clock)
        else spoken_seconds(text)
    end)[1] end
);

create macro within(value, low, high) as nullif(nullif(least(greatest(value, low), high), low), high);

create macro sensible(moment) as within(
    moment, timestamptz '1000-01-01 00:00:00+00', timestamptz '3000-01-01 00:00:00+00'
);

-- ISO 8601 in two halves: with its offset it is a moment, without it a local time (a cast to timestamp alone would
-- drop an offset). The casts want the year first; one of fewer than four digits was a day or a month. Looked for first
-- is what is common, and cheap to see.
create macro has_offset(given) as regexp_matches(
    given,
    '[^0-9\t-\r\x1c-\x20\x{85}\pZ][\t-\r\x1c-\x20\x{85}\pZ]*$|\+|[^\t-\r\x1c-\x20\x{85}\pZ].{10,}-'
);
create macro iso_moment(given) as case
    when strlen(given) = 20 and ends_with(given, 'Z') and strpos(given, '-') = 5 then try_cast(given as timestamptz)
    when strlen(given) = 19 and given[14] = ':' and given[17] = ':' then null
    when has_offset(given) then sensible(coalesce(
        try_cast(given as timestamptz),
        try_cast(upper(regexp_replace(bare(given), ' +([+-]\d|[Zz]$)', '\1')) as timestamptz)
    ))
end;
create macro iso_local(given) as case
    when ends_with(given, 'Z') then null
    when strlen(given) = 19 and given[5] = '-' and given[14] = ':' and given[17] = ':'
        then try_cast(given as timestamp)
    when not has_offset(given) then within(
        coalesce(try_cast(given as timestamp), try_cast(bare(given) as timestamp)),
        timestamp '1000-01-01 00:00:00', timestamp '3000-01-01 00:00:00'
    )
end;
create macro epoch_moment(given, factor) as to_timestamp(
    within(try_cast(replace(bare(given), '⎖', '.') as double) / factor, 0::double, 32503680000::double)
);
-- An Excel serial number counts days from the end of 1899.
create macro excel_local(number) as
    timestamp '1899-12-30' + to_seconds(case when number between 1 and 100000 then round(number * 86400)::bigint end);

-- A month alone is its first day.
create macro whole_month(given) as case
    when regexp_full_match(bare(given), '\d{4}-\d{2}') then bare(given) || '-01' else given
end;

-- `⎖` marks what was a number or a time in the file, not text (data/reading.py).
create macro typed_moment(given) as case when given[1] = '⎖' then iso_moment(given[2:]) end;
create macro typed_local(given) as case when given[1] = '⎖' then iso_local(given[2:]) end;
create macro typed_number(given) as case
    when contains(given, '⎖') then try_cast(replace(given, '⎖', '.') as decimal(18, 6))
end;
create macro typed_text(given) as replace(ltrim(given, '⎖'), '⎖', '.');

-- What is written like a Norwegian number is one; everything else is asked of the phone number library.
create macro as_e164(given, region) as case
    when region = 'NO' and regexp_full_match(given, '(\+47|0047|47)? *[2-9]( *\d){7}')
        then '+47' || right(replace(given, ' ', ''), 8)
    when given is not null then other_e164(given)
end;

-- Free text without phone numbers, account numbers and e-mail addresses, as data/people.py takes them out.
create macro without_numbers(given) as regexp_replace(
    regexp_replace(
        given,
        '[^\t-\r\x1c-\x20\x{85}\pZ@,;:<>()"]{1,64}@[^\t-\r\x1c-\x20\x{85}\pZ@,;:<>()"]+'
        || '\.[^\t-\r\x1c-\x20\x{85}\pZ@,;:<>()"]+',
        '[…]', 'g'
    ),
    '\+?\p{Nd}([\t\x0b\x0c\x1c-\x20\x{85}\pZ().\x{2010}-\x{2015}-]{0,3}\p{Nd}){7,}', '[…]', 'g'
);

-- Whether nothing is wrong with a value: cheap, for every row. Null is no answer.
create macro is_money(value, most) as value >= 0 and value <= most and try_cast(value as decimal(18, 2)) = value;
-- (`and`, `or` work out both sides, a case only the one that counts.)
create macro is_moment(value, local, zone) as value >= timestamptz '1990-01-01 00:00:00+00'
    and value <= getvariable('latest')
    and case when local is null then true else timezone(zone, value) = local end;

-- The lowest or the highest score of a scale; null of what is none.
create macro end_of_scale(scale, place) as case
    when regexp_full_match(scale, '\d{1,3}-\d{1,3}') then split_part(scale, '-', place)::integer
end;

-- What is wrong with a value: a code of said/ (fault) and its values; null when nothing is. Blanks only are as good as
-- nothing.
create macro told(code, one := null, other := null) as concat_ws(chr(31), code, one, other);
create macro is_blank(given) as given is null or regexp_full_match(given, '[\t-\r\x1c-\x20\x{85}\pZ]*');
create macro text_fault(given, value, most) as case
    when value is null then case when not is_blank(given) then 'control' end
    when strlen(value) > most and length(value) > most then told('long', one := most)
end;
create macro choice_fault(given, value, choices) as case
    when given is null or list_position(choices, value) > 0 or is_blank(given) then null
    else told('choice', one := array_to_string(choices, ', '))
end;
create macro readable_fault(given, value, otherwise) as case
    when value is null and not is_blank(given) then otherwise
end;
create macro number_fault(given, value, least, most, otherwise) as case
    when value is null then readable_fault(given, value, otherwise)
    when value < least or value > most then told('range', one := least, other := most)
end;
create macro money_fault(given, value, most) as case
    when value is null then readable_fault(given, value, 'money')
    when value < 0 then 'negative'
    when value > most then told('range', one := 0, other := most)
    when try_cast(value as decimal(18, 2)) <> value then 'decimals'
end;
create macro flag_fault(given, value) as readable_fault(given, value, 'flag');
create macro plus_fault(added, otherwise) as case when added < 0 then 'plus' when added is not null then otherwise end;
create macro pattern_fault(given, value, pattern, most) as coalesce(
    text_fault(given, value, most),
    case when not regexp_full_match(value, pattern) then told('pattern', one := pattern) end
);
create macro day_fault(given, value, earliest, latest, otherwise) as case
    when value is null then readable_fault(given, value, otherwise)
    when value < earliest or value > latest then told('range', one := earliest, other := latest)
end;
create macro moment_fault(given, value, local, zone, otherwise) as case
    when value is null then readable_fault(given, value, otherwise)
    when value < timestamptz '1990-01-01 00:00:00+00' then 'early'
    when value > getvariable('latest') then 'future'
    when local is not null and timezone(zone, value) <> local then told('gap', one := zone)
end;
