"""Every page, by role, on a real lake and a real store."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import context, queries
from dashboard.parts.filters import Filters
from dashboard.parts.tables import comparison_csv
from lake.log import Log
from metrics import Scope, open_reader
from metrics.analysis.compare import compare
from metrics.build.refresh import build
from metrics.query.request import request
from settings import Settings
from store import Store
from tests.dashboard.lake import LAST_DAY, NOW, contact, opened, shown

Page = Callable[..., AppTest]
PAGES = ("comparison", "live", "scorecard")


@pytest.mark.usefixtures("full")
def test_the_first_page_asks_a_question_and_answers_it_in_its_first_line(
    page: Page, demo_settings: Settings
) -> None:
    app = page(demo_settings)
    text = shown(app)
    assert app.title[0].value == "Selvbetjening først eller direkte?"
    assert "selvbetjening først" in text
    assert "6. nov. – 20. nov. 2026" in text
    assert "n = 240" in text  # 15 days × 2 partners × 8 of 12 contacts
    assert "n = 120" in text
    assert len(app.get("plotly_chart")) == 4


@pytest.mark.usefixtures("full")
def test_the_page_shows_the_figures_that_the_reader_gives(page: Page, demo_settings: Settings) -> None:
    text = shown(page(demo_settings))
    found = compare(open_reader(demo_settings, Scope.everything()), request("csat_index"))
    for group in found.groups.values():
        assert f"{group.value:.1f}".replace(".", ",") in text
        assert f"{group.low:.1f}–{group.high:.1f}".replace(".", ",") in text


@pytest.mark.usefixtures("full")
def test_every_page_speaks_the_chosen_language(page: Page, demo_settings: Settings) -> None:
    app = page(demo_settings, {"lang": "en"})
    assert app.title[0].value == "Self-service first or direct?"
    assert "6 Nov – 20 Nov 2026" in shown(app)
    assert opened(app, "live").title[0].value == "What is going on right now?"
    app.segmented_control(key="svar-language").set_value("nb").run()
    assert app.title[0].value == "Hva skjer akkurat nå?"
    assert app.query_params["lang"] == "nb"


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("name", PAGES)
def test_a_demonstration_says_so_on_every_page(page: Page, demo_settings: Settings, name: str) -> None:
    assert "Demonstrasjon" in shown(opened(page(demo_settings), name))


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_says_what_will_appear_and_how(page: Page, demo_settings: Settings, name: str) -> None:
    assert "svar-empty" in shown(opened(page(demo_settings), name))


@pytest.mark.usefixtures("full")
def test_filters_stand_in_the_address_and_come_from_it(page: Page, demo_settings: Settings) -> None:
    app = page(demo_settings, {"partner": "Nord", "period": "7", "channel": "chat"})
    assert "14. nov. – 20. nov. 2026" in shown(app)
    assert [app.selectbox(key=f"svar-{name}").value for name in ("partner", "period", "channel")] == [
        "Nord",
        "7",
        "chat",
    ]
    app.selectbox(key="svar-partner").set_value("Sør").run()
    app.selectbox(key="svar-channel").set_value("").run()
    assert app.query_params["partner"] == "Sør"
    assert "channel" not in app.query_params


@pytest.mark.usefixtures("full")
def test_days_of_ones_own_stand_in_the_address(page: Page, demo_settings: Settings) -> None:
    query = {"period": "custom", "from": "2026-11-10", "to": "2026-11-12"}
    assert "10. nov. – 12. nov. 2026" in shown(page(demo_settings, query))


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "query",
    [
        {"partner": "Øst"},
        {"period": "1000"},
        {"period": "custom", "from": "2026-13-01", "to": "x"},
        {"period": "custom", "from": "2026-11-12", "to": "2026-11-10"},
        {"lang": "de"},
    ],
)
def test_nonsense_in_the_address_is_ignored(
    page: Page, demo_settings: Settings, query: dict[str, str]
) -> None:
    assert "6. nov. – 20. nov. 2026" in shown(page(demo_settings, query))


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("viewer", ["partner:Øst", "admin"])
def test_a_viewer_who_does_not_exist_sees_nothing(page: Page, demo_settings: Settings, viewer: str) -> None:
    app = page(demo_settings, {"viewer": viewer})
    text = shown(app)
    assert viewer in text
    assert "Ingen tilgang" in text
    assert not app.get("plotly_chart")
    app.selectbox(key="svar-viewer").set_value("lead").run()
    assert app.get("plotly_chart")


@pytest.mark.usefixtures("full")
def test_a_selection_without_contacts_says_so(page: Page, demo_settings: Settings) -> None:
    app = page(demo_settings, {"partner": "Nord", "topic": "Faktura"})
    assert "Ingen kontakter i dette utvalget" in shown(app)


def test_where_no_route_is_known_the_page_says_what_would_tell_it(
    page: Page, demo_settings: Settings, sqlite_store: Store
) -> None:
    rows = [contact(n, "Nord", LAST_DAY, self_service_first=None) for n in range(12)]
    Log(demo_settings.lake_path).append("contact", rows)
    build(demo_settings, sqlite_store, NOW)
    app = page(demo_settings)
    assert "Ingen av de 12 kontaktene" in shown(app)
    assert "self_service_first" in shown(app)
    assert not app.get("plotly_chart")


@pytest.mark.usefixtures("full")
def test_the_scorecard_is_of_the_chosen_partner_by_week_and_team(page: Page, demo_settings: Settings) -> None:
    app = opened(page(demo_settings, {"partner": "Nord"}), "scorecard")
    text = shown(app)
    assert app.title[0].value == "Hvordan går det med Nord?"
    assert "9,0 av 10" in text
    assert "Tind" in text
    assert "Kai" not in text
    assert len(app.get("plotly_chart")) == 8


def test_small_teams_are_hidden_or_called_too_few(
    page: Page, demo_settings: Settings, sqlite_store: Store
) -> None:
    rows = [contact(n, "Nord", LAST_DAY - timedelta(days=n % 5), team="Tind") for n in range(60)]
    for size in (4, 5, 9, 10):
        rows += [contact(100 * size + n, "Nord", LAST_DAY, team=f"Lag {size}") for n in range(size)]
    Log(demo_settings.lake_path).append("contact", rows)
    build(demo_settings, sqlite_store, NOW)
    text = shown(opened(page(demo_settings), "scorecard"))
    for says in ("skjult (for få)", "for få (n = 5)", "for få (n = 9)"):
        assert f">{says}<" in text
    assert "n = 4<" not in text
    assert "for få (n = 10)" not in text


@pytest.mark.usefixtures("full")
def test_the_download_has_every_digit_and_the_selection(demo_settings: Settings, sqlite_store: Store) -> None:
    context.configure(demo_settings, sqlite_store)
    filters = Filters(LAST_DAY - timedelta(days=27), LAST_DAY, partner="Nord")
    found = queries.route_comparison(context.version(), Scope.everything(), filters)
    text = comparison_csv(found, filters).decode("utf-8-sig")
    rows = {(row["metric"], row["group"]): row for row in csv.DictReader(io.StringIO(text))}
    assert len(rows) == 9
    index = found.comparisons["csat_index"]
    assert float(rows["csat_index", "direct"]["value"]) == index.groups["direct"].value
    assert float(rows["csat_index", "difference"]["low"]) == index.low
    assert rows["hit_rate", "direct"]["partner"] == "Nord"


@pytest.mark.usefixtures("full")
def test_a_new_version_is_drawn_and_its_numbers_are_marked(
    page: Page, demo_settings: Settings, sqlite_store: Store
) -> None:
    app = page(demo_settings)
    assert "svar-changed" not in shown(app)
    Log(demo_settings.lake_path).append("contact", [contact(900 + n, "Nord", LAST_DAY) for n in range(40)])
    build(demo_settings, sqlite_store, NOW)
    blocks = shown(app.run())
    assert "svar-changed" in blocks


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("viewer", "first"), [("lead", "comparison"), ("customer", "phone")])
def test_the_first_page_is_found_by_its_name_too(
    page: Page, demo_settings: Settings, viewer: str, first: str
) -> None:
    app = page(demo_settings, {"viewer": viewer})
    title = app.title[0].value
    app._page_hash = calc_hash(first)
    assert app.run().title[0].value == title


@pytest.mark.parametrize(
    ("per_day", "heading"), [(40, "Tilfredshet dag for dag"), (12, "Tilfredshet uke for uke")]
)
def test_where_most_days_have_too_few_time_goes_by_weeks(
    page: Page, demo_settings: Settings, sqlite_store: Store, per_day: int, heading: str
) -> None:
    rows = [contact(n, "Nord", LAST_DAY - timedelta(days=day)) for day in range(14) for n in range(per_day)]
    Log(demo_settings.lake_path).append("contact", rows)
    build(demo_settings, sqlite_store, NOW)
    assert heading in shown(page(demo_settings))
