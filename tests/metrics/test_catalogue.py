"""Catalogue, SQL and documentation say the same, and the documented example comes out of the code."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from lake.duck import connect
from lake.log import SCHEMAS, Log
from metrics import Scope, open_reader
from metrics.build.refresh import build
from metrics.catalog import catalog, models
from metrics.query.question import DERIVED, EXPOSURE
from metrics.wording import missing
from metrics.wording.numbers import UNITS
from settings import PROJECT_ROOT, Settings
from store import open_store
from tests.metrics.given import (
    NOON,
    NOW,
    calls,
    case,
    contact,
    days,
    logged,
    outcome,
    product,
    sale,
    session,
)

METRICS = list(catalog.metrics().values())
DOCS = (PROJECT_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
COUNTED = {"counted", "timed", "resolved", "intervals", "sessions"}


def test_every_metric_has_its_sql_and_every_sql_its_metric():
    summed = {metric.id for metric in METRICS if metric.kind != "quantile"}
    assert set(models.names("metrics")) == summed | COUNTED


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_an_entry_is_complete(metric):
    assert metric.unit in UNITS
    assert metric.better in {"higher", "lower", ""}
    assert metric.kind in {*catalog.COLUMNS, "quantile"}
    assert metric.minimum_n >= 10
    for text in (metric.name, metric.definition):
        assert set(text) == {"nb", "en"}
        assert all(text.values())
    assert metric.missing in {"", *missing.TEXTS}
    known = {
        "contact": {*models.measures("by_team"), *DERIVED, EXPOSURE},
        "customer": {"customers", "buyers", "of_nobody_known"},
        **{what: set(models.measures(what)) for what in models.SUMS},
    }
    assert set(metric.measures) | set(metric.parts) <= known[metric.subject]


@pytest.mark.parametrize("metric", [m for m in METRICS if m.kind != "quantile"], ids=lambda metric: metric.id)
def test_the_sql_uses_the_measures_of_its_entry_and_no_others(metric):
    """The SQL runs on cells that have these columns only, and gives the columns of its kind."""
    columns = ", ".join(f"10 as {name}" for name in metric.measures)
    with connect() as connection:
        connection.execute(f"create table cells as select 1 as cell, {columns}")
        found = connection.execute(models.sql("metrics", metric.id), dict.fromkeys(metric.settings, 8))
        assert [column[0] for column in found.description] == ["cell", *catalog.COLUMNS[metric.kind]]
    for name in metric.measures:
        assert re.search(rf"\b{name}\b", models.sql("metrics", metric.id)), f"{name} is not used"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("events", "facts", "beside", "carry", "cubes", "metrics", "checks", "sums")
        for name in models.names(kind)
    ],
)
def test_every_sql_file_begins_with_what_a_row_is(kind, name):
    first = models.sql(kind, name).splitlines()[0]
    expected = r"-- Every sum" if name == "measures" else r"-- One row per .+\."
    assert re.match(expected, first), first


@pytest.mark.parametrize("cube", models.CUBES)
def test_a_cube_is_grouped_by_its_dimensions(cube):
    text = models.sql("cubes", cube)
    assert text.rstrip().endswith("group by " + ", ".join(models.CUBES[cube]))
    assert "contacts" in models.measures(cube)


@pytest.mark.parametrize("kind", ["events", "facts", "beside", "cubes"])
def test_what_builds_has_no_parameters_and_no_word_that_engines_disagree_about(kind):
    for name in models.names(kind):
        text = re.sub(r"--.*", "", models.sql(kind, name)).lower()
        assert not re.search(
            r"[$?]|:\w|\b(double|float|real|quantile|median|list|timezone|qualify)\b", text
        ), name


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_documentation_says_what_the_catalogue_says(metric):
    section = re.search(rf"^### `{metric.id}`\n(.*?)(?=^##|\Z)", DOCS, re.M | re.S)
    assert section, f"docs/metrics.md has no section on {metric.id}"
    assert metric.definition["en"] in section[1]
    assert metric.source in section[1]


def test_the_documentation_has_no_metric_that_is_not_there():
    assert re.findall(r"^### `(\w+)`$", DOCS, re.M) == [metric.id for metric in METRICS]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_documentation_names_what_belongs_beside_it(metric):
    section = re.search(rf"^### `{metric.id}`\n(.*?)(?=^##|\Z)", DOCS, re.M | re.S)
    assert section
    beside = re.search(r"^Beside it: (.*?)\n\n", section[1], re.M | re.S)
    named = set(re.findall(r"`(\w+)`", beside[1])) if beside else set()
    assert named == set(metric.parts)


def test_the_documentation_lists_every_check_with_its_level_and_meaning():
    listed = {row["check"].strip("`"): (row["level"], row["what is wrong"]) for row in _tables()["check"]}
    stated = {}
    for name in models.names("checks"):
        first, second = models.sql("checks", name).splitlines()[:2]
        stated[name] = (second.removeprefix("-- "), first.removeprefix("-- One row per "))
    assert listed == stated


def test_the_documentation_names_every_dimension():
    listed = re.search(r"^Dimensions: (.*?)\n\n", DOCS, re.M | re.S)
    assert listed
    assert re.findall(r"`(\w+)`", listed[1]) == list(catalog.DIMENSIONS)


def _tables() -> dict[str, list[dict[str, str]]]:
    """The worked example's tables, by their first column: how many of each sort."""
    found: dict[str, list[dict[str, str]]] = {}
    for block in re.findall(r"(?:^\|.*\n)+", DOCS, re.M):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        head, _, *body = rows
        found[head[0]] = [dict(zip(head, row, strict=True)) for row in body]
    return found


def _contacts(told: dict[str, list[dict[str, Any]]]) -> None:
    for sort, row in enumerate(_tables()["contacts"]):
        for number in range(int(row["contacts"])):
            name = f"{sort}-{number}"
            handled = row["handling, s"]
            key = "regular" if row["comes back"] == "yes" else name
            # Those who come back do so a day later, one after the other; the last of them stays away.
            at = NOON + (days(number) if row["comes back"] == "yes" else 0)
            given = {
                "answered": handled != "–",
                "handling_s": None if handled == "–" else int(handled),
                "wait_s": None if handled == "–" else int(row["waited, s"]),
                "self_service_first": {"yes": True, "no": False, "?": None}[row["tried first"]],
                "customer_key": key,
                "topic": row["topic"],
                "case_id": "" if row["case"] == "–" else f"m{name}",
            }
            told["contact"].append(contact(name, at=at, **given))
            _survey(told, name, row)
            if row["case"] != "–":
                closed = None if row["case"] == "open" else at + int(row["case"].removesuffix(" h")) * 3600
                told["case"].append(case(f"m{name}", at=NOON - days(1), closed_at=closed))
            if row["sale, kr"] != "–":
                value, product_name = row["sale, kr"].split(" ", 1)
                sold: dict[str, Any] = {"value_minor": int(value) * 100, "product": product_name}
                told["sale"].append(sale(f"s{name}", name, **sold))


def _survey(told: dict[str, list[dict[str, Any]]], name: str, row: dict[str, str]) -> None:
    asked = row["asked"] == "yes"
    answers = row["solved, guided, site"].split(", ") if row["score"] != "–" else ["–"] * 3
    told["outcome"].append(
        outcome(
            name,
            state="asked" if asked else "skipped",
            reason="asked" if asked else row["asked"],
            eligible=asked or row["asked"] == "recently_asked",
            sent=asked,
            delivered=asked and row["score"] != "not delivered",
            score=int(row["score"]) if row["score"].isdigit() else None,
            solved={"yes": True, "no": False}.get(answers[0]),
            guided={"yes": True, "no": False}.get(answers[1]) if len(answers) > 1 else None,
            self_help_score=int(answers[2]) if len(answers) > 2 and answers[2].isdigit() else None,
        )
    )


def _others(told: dict[str, list[dict[str, Any]]]) -> None:
    for sort, row in enumerate(_tables()["sessions"]):
        for number in range(int(row["sessions"])):
            name = f"v{sort}-{number}"
            # An hour before the contact that follows, if one does.
            customer = {"–": name, "first row": f"0-{number}", "second row": f"1-{number}"}[
                row["followed by"]
            ]
            visited: dict[str, Any] = {"completed": row["completed"] == "yes", "topic": row["topic"]}
            told["session"].append(session(name, customer, at=NOON - 3600, **visited))
    for sort, row in enumerate(_tables()["intervals"]):
        for number in range(int(row["intervals"])):
            names = {"answered": "answered", "within 20 s": "answered_within_s20", "waited, s": "wait_s"}
            counted = {"offered": int(row["offered"])} | {names[key]: int(row[key]) for key in names}
            told["calls_offered"].append(calls(NOON + 900 * number, team=f"t{sort}", abandoned=0, **counted))
    for row in _tables()["topic"]:
        need = {"not stated": ""}.get(row["need"], row["need"])
        told["topic"].append({"topic": row["topic"], "need": need, "ease": None, "contact_cost_minor": None})
    for row in _tables()["product"]:
        told["product"].append(product(row["product"], round(float(row["counts"]) * 1000)))
    month = {"month": date(2026, 10, 1), "partner": ""}
    told["active_customers"].append({"active_id": "2026-10", "customers": 31_000} | month)
    told["hour_cost"].append(
        {"cost_id": "2026", "valid_from": date(2026, 1, 1), "partner": "", "cost_minor": 450_00}
    )


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("example"))
    told: dict[str, list[dict[str, Any]]] = {kind: [] for kind in SCHEMAS}
    _contacts(told)
    _others(told)
    log = Log(settings.lake_path)
    for kind, rows in told.items():
        if rows:
            log.append(kind, [logged(row) for row in rows])
    store = open_store(settings.database_url)
    build(settings, store, NOW)
    store.close()
    return open_reader(settings, Scope.everything())


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_worked_example_comes_out(example, metric):
    section = re.search(rf"^### `{metric.id}`\n(.*?)(?=^##|\Z)", DOCS, re.M | re.S)
    assert section
    said = re.search(r"Example: .*= \*\*([\d.]+)\*\* \(n = (\d+), ([\d.]+) to ([\d.]+)\)", section[1])
    assert said, section[1]
    (value,) = example.show([metric.id], end=date(2026, 12, 31))
    assert value.value is not None
    assert value.low is not None
    assert value.high is not None
    figures = [f"{float(f'{number:.4g}'):g}" for number in (value.value, value.low, value.high)]
    assert (said[1], said[3], said[4]) == tuple(figures)
    assert int(said[2]) == value.n
