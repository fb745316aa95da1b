"""Catalogue, SQL and documentation say the same, and the documented example comes out of the code."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from data.duck import connect
from metrics import Scope, build, catalogue, models, open_reader
from metrics.compose import DERIVED
from metrics.inference.numbers import UNITS
from settings import PROJECT_ROOT, Settings
from store import open_store
from tests.metrics.given import NOON, NOW, contact, days, logged, outcome, sale

METRICS = list(catalogue.metrics().values())
DOCS = (PROJECT_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
COUNTED = {"contacts", "timed"}


def test_every_metric_has_its_sql_and_every_sql_its_metric():
    summed = {metric.id for metric in METRICS if metric.kind != "quantile"}
    assert set(models.names("metrics")) == summed | COUNTED


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_an_entry_is_complete(metric):
    assert metric.unit in UNITS
    assert metric.better in {"higher", "lower", ""}
    assert metric.kind in {*catalogue.COLUMNS, "quantile"}
    assert metric.minimum_n >= 10
    for text in (metric.name, metric.definition):
        assert set(text) == {"nb", "en"}
        assert all(text.values())
    known = set(models.measures("by_team")) | set(DERIVED)
    assert set(metric.measures) | set(metric.parts) <= known


@pytest.mark.parametrize("metric", [m for m in METRICS if m.kind != "quantile"], ids=lambda metric: metric.id)
def test_the_sql_uses_the_measures_of_its_entry_and_no_others(metric):
    """The SQL runs on cells that have these columns only, and gives the columns of its kind."""
    columns = ", ".join(f"10 as {name}" for name in metric.measures)
    with connect() as connection:
        connection.execute(f"create table cells as select 1 as cell, {columns}")
        found = connection.execute(models.sql("metrics", metric.id), dict.fromkeys(metric.settings, 8))
        assert [column[0] for column in found.description] == ["cell", *catalogue.COLUMNS[metric.kind]]
    for name in metric.measures:
        assert re.search(rf"\b{name}\b", models.sql("metrics", metric.id)), f"{name} is not used"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("facts", "carry", "cubes", "metrics", "checks", "sums")
                       for name in models.names(kind)]
)  # fmt: skip
def test_every_sql_file_begins_with_what_a_row_is(kind, name):
    first = models.sql(kind, name).splitlines()[0]
    expected = r"-- Every sum" if name == "measures" else r"-- One row per .+\."
    assert re.match(expected, first), first


@pytest.mark.parametrize("cube", models.CUBES)
def test_a_cube_is_grouped_by_its_dimensions(cube):
    text = models.sql("cubes", cube)
    assert text.rstrip().endswith("group by " + ", ".join(models.CUBES[cube]))
    assert "contacts" in models.measures(cube)


@pytest.mark.parametrize("kind", ["facts", "cubes"])
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


def test_the_documentation_names_every_dimension():
    listed = re.search(r"^Dimensions: (.*?)\n\n", DOCS, re.M | re.S)
    assert listed
    assert re.findall(r"`(\w+)`", listed[1]) == list(catalogue.DIMENSIONS)


def _table() -> list[dict[str, str]]:
    """The worked example's table: how many contacts of each sort."""
    rows = [line.strip("|").split("|") for line in DOCS.splitlines() if line.startswith("|")]
    head, _, *body = ([cell.strip() for cell in row] for row in rows)
    return [dict(zip(head, row, strict=True)) for row in body]


def _example(settings: Settings) -> None:
    from data.log import Log

    told: dict[str, list[dict[str, Any]]] = {"contact": [], "outcome": [], "sale": []}
    for sort, row in enumerate(_table()):
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
            }
            told["contact"].append(contact(name, at=at, **given))
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
            if row["sale, kr"] != "–":
                told["sale"].append(sale(f"s{name}", name, value_minor=int(row["sale, kr"]) * 100))
    log = Log(settings.lake_path)
    for kind, rows in told.items():
        log.append(kind, [logged(row) for row in rows])


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("example"))
    _example(settings)
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
    figures = [f"{number:.4g}" for number in (value.value, value.low, value.high)]
    assert (said[1], said[3], said[4]) == tuple(figures)
    assert int(said[2]) == value.n
