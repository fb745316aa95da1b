"""The sentences about splits, initiatives, forecasts and alarms, in both languages."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from metrics.inference import Estimate
from metrics.inference.base import missing as reasons
from metrics.inference.compare.kitagawa import Decomposition
from metrics.inference.over_time.alarms import SHIFT, SPIKE, Alarm
from metrics.inference.over_time.initiatives import Forecast, Impact
from metrics.wording import numbers
from metrics.wording.sentences import alarm_sentence, forecast_sentence, impact_sentence, split_sentence
from metrics.wording.verdict import Labels

LABELS = Labels("index", "A", "B", "index", "higher")
SPLIT = Decomposition(-10.0, Estimate(900, -7.0, -8.1, -5.9), Estimate(900, -3.0, -3.6, -2.4), 0.0, ())
IMPACT = Impact(
    40,
    8,
    Estimate(8, -0.12, -0.16, -0.08),
    Estimate(8, 820.0, 540.0, 1100.0),
    Estimate(8, 65_600.0, 43_200.0, 88_000.0),
    0.001,
    0.03,
    0,
    5,
)
FORECAST = Forecast(Estimate(13, 420.0, 380.0, 460.0), Estimate(13, 50.4, 45.6, 55.2), 1e5, 9, 0.13)
DAYS = date(2026, 5, 21), date(2026, 5, 17)
ALARM = Alarm("k", "contacts", SPIKE, "up", *DAYS, 139.0, 104.0, 76.0, 132.0, 3.6, True, False, ())


def plain(text: str) -> str:
    return text.replace(numbers.NO_BREAK, " ")


def test_a_split_is_told() -> None:
    assert plain(split_sentence(SPLIT, LABELS)) == (
        "Av den rå forskjellen på −10,0 poeng oppstår −7,0 poeng på de samme spørsmålene (95 %-intervall fra "
        "−8,1 til −5,9 poeng) og −3,0 poeng fordi gruppene kommer med ulike spørsmål (fra −3,6 "
        "til −2,4 poeng)."
    )
    with_rest = plain(split_sentence(replace(SPLIT, unsupported=1.5), LABELS, "en"))
    assert with_rest.endswith(
        "The remaining 1.5 points belongs to questions that only one of the groups comes with."
    )
    missing = Estimate(0, None, None, None, reasons.NO_SUPPORT)
    none = Decomposition(None, missing, missing, None, (), reasons.NO_SUPPORT)
    assert split_sentence(none, LABELS, "en") == reasons.reason_text(reasons.NO_SUPPORT)


def test_an_initiative_that_helped_is_told_with_its_money() -> None:
    assert plain(impact_sentence("Ny faktura", IMPACT)) == (
        "Ny faktura: 12,0 % færre kontakter enn ventet siden starten, om lag 820 i alt (95 %-intervall fra "
        "540 til 1 100). Det svarer til 65 600 kr i behandlingskostnad (fra 43 200 kr til 88 000 kr)."
    )


def test_an_initiative_that_made_it_worse_is_told() -> None:
    worse = replace(
        IMPACT,
        effect=Estimate(8, 0.2, 0.1, 0.3),
        avoided=Estimate(8, -600.0, -900.0, -300.0),
        money=Estimate(8, None, None, None, reasons.NO_DATA),
    )
    assert plain(impact_sentence("App", worse, "en")) == (
        "App: 20.0% more contacts than expected since the start, about 600 in all (95% interval from "
        "300 to 900)."
    )


def test_an_open_initiative_is_told_with_what_fits_the_numbers() -> None:
    unsure = replace(IMPACT, avoided=Estimate(8, 200.0, -41.0, 444.0), reason=reasons.NOT_MEASURABLE)
    assert plain(impact_sentence("App", unsure, "en")) == (
        "App: not yet measurable. Anything from 41 more to 444 fewer contacts fits the numbers so far."
    )
    assert "Alt fra 41 flere til 444 færre" in plain(impact_sentence("App", unsure))


def test_an_initiative_without_history_is_told_why() -> None:
    missing = Estimate(1, None, None, None, reasons.TOO_SHORT)
    short = replace(IMPACT, avoided=missing, effect=missing, reason=reasons.TOO_SHORT)
    assert impact_sentence("App", short) == "App: For kort historikk."
    none = replace(FORECAST, fewer=missing, reason=reasons.TOO_SHORT)
    assert forecast_sentence("App", none, 0.12, "en") == "App: The history is too short."


def test_a_forecast_is_told() -> None:
    assert plain(forecast_sentence("App", FORECAST, 0.12)) == (
        "App: om lag 50 færre kontakter i uken hvis virkningen blir 12,0 %. Det vil kunne ses etter 9 uker."
    )
    never = replace(FORECAST, weeks_until_seen=None)
    assert "cannot be told from chance within a year" in forecast_sentence("App", never, 0.01, "en")


@pytest.mark.parametrize(
    ("kind", "direction", "language", "expected"),
    [
        (
            SPIKE,
            "up",
            "nb",
            "Kontakter om faktura var 139 21. mai 2026. Ventet var 104, og det vanlige er 76 til 132.",
        ),
        (SPIKE, "up", "en", "was 139 on 21 May 2026. 104 was expected, and 76 to 132 is usual."),
        (SHIFT, "up", "nb", "har ligget høyere enn ventet siden 17. mai 2026; 21. mai 2026 var tallet 139"),
        (SHIFT, "down", "en", "has been lower than expected since 17 May 2026; on 21 May 2026 it was 139"),
    ],
)
def test_an_alarm_is_told(kind: str, direction: str, language: str, expected: str) -> None:
    alarm = replace(ALARM, kind=kind, direction=direction)
    assert expected in plain(alarm_sentence("Kontakter om faktura", alarm, language=language))
