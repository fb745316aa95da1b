-- How the text of a file becomes values. Null goes in where nothing was given; null comes out where it cannot be read.
-- `⎖` marks what was a number or a time in the file, not text (data/reading.py).

-- White space as Python's str.isspace has it, trimmed and collapsed. The first branch is what almost all labels are.
create macro as_text(given) as case
    when regexp_full_match(given, '[!-~æøåÆØÅéäöÄÖ]+( [!-~æøåÆØÅéäöÄÖ]+)*') then given
    else nullif(trim(regexp_replace(replace(ltrim(given, '⎖'), '⎖', '.'), '[\t-\r\x1c-\x20\x{85}\pZ]+', ' ', 'g')), '')
end;

-- Free text keeps its lines.
create macro as_words(given) as nullif(regexp_replace(
    replace(ltrim(given, '⎖'), '⎖', '.'), '^[\t-\r\x1c-\x20\x{85}\pZ]+|[\t-\r\x1c-\x20\x{85}\pZ]+$', '', 'g'
), '');

create macro as_code(given) as lower(as_text(given));

-- nb, nn, en from no, nb-NO, EN_us
create macro as_language(given) as case regexp_extract(as_code(given), '^[a-z]*')
    when 'no' then 'nb'
    else regexp_extract(as_code(given), '^[a-z]*')
end;

create macro as_flag(given) as case
    when lower(trim(given)) in ('true', 't', 'yes', 'y', '1', 'on', 'ja', 'j') then true
    when lower(trim(given)) in ('false', 'f', 'no', 'n', '0', 'off', 'nei') then false
end;

-- A number to six decimals. `shape` is what a number looks like under the mapping's marks; the plain cast comes first.
create macro as_number(given, shape, decimal_mark, thousands_mark) as coalesce(
    case when decimal_mark = '.' then try_cast(given as decimal(18, 6)) end,
    case when regexp_full_match(given, shape) then try_cast(
        replace(replace(replace(
            regexp_replace(given, '[\x20\pZ]', '', 'g'), thousands_mark, ''), decimal_mark, '.'), '⎖', '.'
        ) as decimal(18, 6)
    ) end,
    case when contains(given, '⎖') then try_cast(replace(given, '⎖', '.') as decimal(18, 6)) end
);

create macro as_whole(number) as case when number = floor(number) then number::bigint end;

-- Half a second goes up, as in data/records.py.
create macro as_seconds(given, number, factor, clock) as case
    when contains(given, ':') then clock_seconds(trim(given), clock)
    when number >= 0 then floor(number * factor + 0.5)::bigint
    else number::bigint - 1
end;

-- h:m:s is the same whatever the mapping says; of two parts it must say which.
create macro clock_seconds(given, clock) as case
    when regexp_full_match(given, '\d{1,4}:[0-5]?\d:[0-5]?\d(\.\d+)?')
        then split_part(given, ':', 1)::bigint * 3600 + split_part(given, ':', 2)::bigint * 60
            + floor(split_part(given, ':', 3)::decimal(9, 6) + 0.5)::bigint
    when clock = 'm:s' and regexp_full_match(given, '\d{1,4}:[0-5]?\d')
        then split_part(given, ':', 1)::bigint * 60 + split_part(given, ':', 2)::bigint
    when clock = 'h:m' and regexp_full_match(given, '\d{1,4}:[0-5]?\d')
        then split_part(given, ':', 1)::bigint * 3600 + split_part(given, ':', 2)::bigint * 60
end;

-- ISO 8601 in two halves: with its offset a moment, without it a local time.
create macro is_iso(given) as regexp_full_match(
    given, '\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|z|[+-]\d\d(:?\d\d)?))?)?'
);
create macro has_offset(given) as ends_with(given, 'Z') or ends_with(given, 'z') or contains(given, '+')
    or contains(substr(given, 12), '-');
create macro iso_moment(given) as case
    when is_iso(ltrim(given, '⎖')) and has_offset(given) then try_cast(ltrim(given, '⎖') as timestamptz)
end;
create macro iso_local(given) as case
    when is_iso(ltrim(given, '⎖')) and not has_offset(given) then try_cast(ltrim(given, '⎖') as timestamp)
end;
create macro typed_moment(given) as case when starts_with(given, '⎖') then iso_moment(given) end;
create macro typed_local(given) as case when starts_with(given, '⎖') then iso_local(given) end;
-- An Excel serial number counts days from the end of 1899.
create macro excel_local(number) as
    timestamp '1899-12-30' + to_seconds(case when number between 1 and 100000 then round(number * 86400)::bigint end);

-- HMAC-SHA256 under the installation's key, whose two halves the importer sets.
create macro pseudonym(given) as left(
    sha256(getvariable('outer_key') || unhex(sha256(getvariable('inner_key') || encode(given)))), 32
);
-- What is written like a Norwegian number is one; everything else is asked of the phone number library.
create macro as_e164(given, region) as case
    when region = 'NO' and regexp_full_match(given, '(\+47|0047|47)? *[2-9](?: *\d){7} *')
        then '+47' || right(replace(given, ' ', ''), 8)
    when given is not null then other_e164(given)
end;

-- What is wrong with a value, in words; null when nothing is.
create macro text_fault(value, most) as case
    when length(value) > most then 'is longer than ' || most || ' characters'
    when regexp_matches(value, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]') then 'contains a character that is not text'
end;
create macro choice_fault(value, choices) as case
    when value is not null and not list_contains(choices, value) then 'is none of ' || array_to_string(choices, ', ')
end;
create macro number_fault(given, value, least, most, expected) as case
    when given is not null and value is null then 'is not ' || expected
    when value < least or value > most then 'is not between ' || least || ' and ' || most
end;
create macro money_fault(given, value, most) as case
    when given is not null and value is null then 'is not an amount'
    when value < 0 then 'is negative'
    when value > most then 'is more than ' || most
    when value * 100 <> floor(value * 100) then 'has more than two decimals'
end;
create macro flag_fault(given, value) as case
    when given is not null and value is null then 'is neither true nor false'
end;
create macro moment_fault(given, value, local, zone, expected) as case
    when given is null then null
    when value is null then 'is not ' || expected
    when value < timestamptz '2000-01-01 00:00:00+00' then 'lies before the year 2000'
    when value > getvariable('latest') then 'lies in the future'
    when timezone(zone, timezone(zone, local)) <> local then 'does not exist in ' || zone || ': the clock was put forward'
end;
