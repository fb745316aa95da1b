"""The sentences: what a team lead reads, in both languages."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import pytest

from metrics.inference import (
    INDEX,
    Difference,
    Estimate,
    MeanStats,
    ScoreStats,
    ShareStats,
    difference,
    estimate,
)
from metrics.inference.base import missing
from metrics.wording import numbers
from metrics.wording.verdict import Labels, verdict

LOW = ScoreStats((15, 13, 18, 19, 20, 30, 40, 30, 20, 14))
HIGH = ScoreStats((5, 3, 8, 9, 20, 30, 40, 60, 50, 44))
ROUTES = Labels("CSAT-indeks", "selvbetjening først", "direkte", "index", "higher")


def plain(text: str) -> str:
    return text.replace(numbers.NO_BREAK, " ")


def told(first, second, labels: Labels, language: str, **options) -> str:
    scale = INDEX if labels.unit == "index" else (0.0, 1.0)
    fixed = options.pop("fixed_start", False)
    sentence = verdict(
        estimate(first, scale=scale),
        estimate(second, scale=scale),
        difference(first, second, scale=scale, fixed_start=fixed),
        labels,
        language=language,
        **options,
    )
    return plain(sentence)


def test_a_visible_difference_is_told_with_its_size_interval_and_n() -> None:
    assert told(LOW, HIGH, ROUTES, "nb") == (
        "CSAT-indeks er lavere, altså dårligere, for selvbetjening først enn for direkte: 54,4 mot 71,5. "
        "Forskjellen er 17,2 poeng (95 %-intervall fra 12,5 til 21,8 poeng; n = 219 og 269)."
    )
    english = Labels("CSAT index", "self-service first", "direct", "index", "higher")
    assert told(HIGH, LOW, english, "en") == (
        "CSAT index is higher, which is better, for self-service first than for direct: 71.5 against 54.4. "
        "The difference is 17.2 points (95% interval from 12.5 to 21.8 points; n = 269 and 219)."
    )


def test_no_difference_is_told_with_what_may_have_been_missed() -> None:
    times = MeanStats(300, 0.0, 300 * 90.0**2, 600)
    labels = Labels("behandlingstid", "Alfa", "Beta", "seconds")
    assert told(times, times, labels, "nb") == (
        "Det er ikke påvist noen forskjell i behandlingstid mellom Alfa (10 min, n = 300) og Beta (10 min, "
        "n = 300). 95 %-intervall for forskjellen går fra −14 s til 14 s, så en forskjell på inntil 14 s "
        "kan ha gått oss forbi."
    )


@pytest.mark.parametrize(("n", "enough"), [(49, False), (50, True)])
def test_a_verdict_needs_50_in_each_group(n: int, enough: bool) -> None:
    labels = Labels("treff", "Alfa", "Beta", "share", "higher")
    text = told(ShareStats(n, 5), ShareStats(900, 400), labels, "nb")
    assert ("For lite data" in text) == (not enough)
    if not enough:
        assert "n = 49 for Alfa og n = 900 for Beta. Det trengs minst 50 i hver gruppe." in text


def test_a_growing_stream_is_judged_by_the_interval_that_allows_for_looking() -> None:
    one, two = ShareStats(400, 80), ShareStats(400, 105)
    labels = Labels("hit-rate", "A", "B", "share")
    assert "is lower for A" in told(one, two, labels, "en")
    looked_at = told(one, two, labels, "en", fixed_start=True)
    assert looked_at.startswith("No difference in hit-rate has been shown")
    assert "allows for repeated looks" in looked_at


def test_contacts_of_unknown_route_are_counted() -> None:
    assert told(LOW, HIGH, ROUTES, "nb", unknown=1234).endswith(
        "1 234 kontakter med ukjent vei inn er ikke med."
    )


def test_what_cannot_be_compared_is_told_with_its_reason() -> None:
    same = MeanStats.of([8.0] * 60)
    text = told(same, same, Labels("score", "A", "B", "score"), "en")
    assert text == (
        "Score cannot be compared between A and B. "
        "All values are equal, so the uncertainty cannot be estimated."
    )


def test_groups_with_nothing_in_common_are_not_said_to_be_small() -> None:
    nothing = Estimate(0, None, None, None, missing.NO_SUPPORT)
    said = verdict(nothing, nothing, Difference.missing(missing.NO_SUPPORT), ROUTES, language="en")
    assert said.endswith(missing.reason_text(missing.NO_SUPPORT, "en"))


def test_a_claimed_difference_never_reads_as_zero() -> None:
    big = Estimate(10**6, 0.10000, 0.0995, 0.1005)
    gap = Difference(0.0004, 0.0001, 0.0007, None, None, 0.01, 0.1)
    text = plain(verdict(big, big, gap, Labels("hit-rate", "A", "B", "share"), language="en"))
    assert "0.04 percentage points (95% interval from 0.01 to 0.07" in text


def test_two_values_that_differ_do_not_read_the_same() -> None:
    assert numbers.levels(0.1004, 0.1001, "share", "en") == ("10.04%", "10.01%")
    assert numbers.levels(0.1004, 0.1004, "share", "en") == ("10.0%", "10.0%")
    assert tuple(map(plain, numbers.levels(12.4, 12.1, "nok", "nb"))) == ("12,4 kr", "12,1 kr")
    assert tuple(map(plain, numbers.levels(6.2, 6.4, "seconds", "nb"))) == ("6,2 s", "6,4 s")
    assert numbers.levels(7.1, 7.2, "score", "nb") == ("7,1", "7,2")


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("code", sorted(missing.TEXTS))
def test_every_reason_has_a_text(code: str, language: str) -> None:
    assert missing.reason_text(code, language).endswith(".")


def test_every_reason_code_is_listed_with_its_texts() -> None:
    codes = {value for name, value in vars(missing).items() if name.isupper() and isinstance(value, str)}
    assert codes == set(missing.TEXTS)


@pytest.mark.parametrize(
    ("value", "unit", "nb", "en"),
    [
        (0.634, "share", "63,4 %", "63.4%"),
        (59.4, "seconds", "59 s", "59 s"),
        (59.6, "seconds", "1 min", "1 min"),
        (410, "seconds", "6 min 50 s", "6 min 50 s"),
        (7260, "seconds", "2 t 1 min", "2 h 1 min"),
        (3599.4, "seconds", "59 min 59 s", "59 min 59 s"),
        (3599.6, "seconds", "1 t 0 min", "1 h 0 min"),
        (7319, "seconds", "2 t 2 min", "2 h 2 min"),
        (172_769, "seconds", "47 t 59 min", "47 h 59 min"),
        (172_800, "seconds", "2,0 døgn", "2.0 days"),
        (12_345.6, "nok", "12 346 kr", "12,346 kr"),
        (-0.04, "score", "−0,04", "−0.04"),
        (0.0, "index", "0,0", "0.0"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, unit: str, nb: str, en: str) -> None:
    assert plain(numbers.level(value, unit, "nb")) == nb
    assert plain(numbers.level(value, unit, "en")) == en


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unit"):
        Labels("x", "A", "B", "furlongs")


@pytest.mark.parametrize(("n", "told"), [(1, "n under 5"), (4, "n under 5"), (5, "n = 5"), (0, "n = 0")])
@pytest.mark.parametrize("language", ["nb", "en"])
def test_so_few_that_somebody_could_be_recognised_are_not_counted_in_words(n, told, language) -> None:
    few, many = Estimate(n, None, None, None, missing.TOO_FEW), Estimate(200, 7.0, 6.5, 7.5)
    labels = Labels("tilfredsheten", "A", "B", "score")
    text = verdict(few, many, Difference.missing(missing.TOO_FEW), labels, language=language)
    assert f"{told} for A" in text
