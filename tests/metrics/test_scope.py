"""A partner's scope holds that partner's rows, and there is no way to anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from lake.log import Log
from lake.manifest import Lake
from metrics import Reader, Scope, UnknownNameError, open_reader
from metrics.build.refresh import build
from metrics.catalog.catalog import metric
from metrics.catalog.models import CUBES, measures
from metrics.query import scope
from metrics.query.question import question
from metrics.query.sql.compose import compose
from settings import Settings
from store import open_store
from tests.metrics.given import NOON, NOW, calls, contact, day_of, days, logged, session

# Names that a careless path, pattern or comparison would take for each other.
PARTNERS = ["A", "AB", "B/C", "", "a", "A*", "..", "Å" * 60]


@pytest.fixture(params=["at rest", "changed"], scope="module")
def home(request, tmp_path_factory) -> Iterator[Settings]:
    """Ten contacts of each partner: half of them may have come after the cubes were taken into memory."""
    settings = Settings(home=tmp_path_factory.mktemp(request.param.replace(" ", "-")))
    changed = pytest.MonkeyPatch()
    log, store = Log(settings.lake_path), open_store(settings.database_url)
    for half in (0, 1):
        rows = [
            contact(f"{number}-{i}", at=NOON + days(i % 2), partner=partner, topic=f"of {number}")
            for number, partner in enumerate(PARTNERS)
            for i in range(5 * half, 5 * half + 5)
        ]
        log.append("contact", [logged(row) for row in rows])
        rows = [{"topic": f"of {n}", "need": "value", "ease": 1, "contact_cost_minor": 1} for n in range(8)]
        log.append("topic", [logged(row) for row in rows])
        log.append("session", [logged(session(f"v{half}", at=NOON))])
        log.append("calls_offered", [logged(calls(NOON + half, partner=name)) for name in PARTNERS])
        stated = {"active_id": "x", "month": NOW.date().replace(day=1), "partner": "B/C", "customers": 5}
        log.append("active_customers", [logged(stated)])
        build(settings, store, NOW)
        if request.param == "changed":
            changed.setattr(scope, "LARGEST_CHANGE", 1.0)
            for viewer in (Scope.everything(), *map(Scope.of_partner, PARTNERS)):
                open_reader(settings, viewer)
    store.close()
    yield settings
    changed.undo()


def _count(reader: Reader, **where: list[str]) -> int:
    # By language there is no cube: the answer comes from the facts.
    cuts = (), ("language",)
    counts = {sum(v.parts["contacts"] for v in reader.show(["survey_coverage"], by, where)) for by in cuts}
    (count,) = counts
    return int(count)


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_partner_sees_all_of_its_own_and_nothing_else(home, partner):
    reader = open_reader(home, Scope.of_partner(partner))
    assert reader.members("partner") == [partner]
    assert reader.members("topic") == [f"of {PARTNERS.index(partner)}"]
    assert _count(reader) == 10


def test_everything_is_everybody(home):
    reader = open_reader(home, Scope.everything())
    assert reader.members("partner") == sorted(PARTNERS)
    assert _count(reader) == 10 * len(PARTNERS)


def test_a_free_question_counts_its_days_alone_whether_it_was_there_or_came_later(home):
    reader = open_reader(home, Scope.everything())
    first = day_of(NOON)
    for start, end, expected in [(0, 0, 40), (1, 1, 40), (0, 1, 80), (-1, -1, 0), (2, 2, 0)]:
        span = first + timedelta(days=start), first + timedelta(days=end)
        found = reader.show(["survey_coverage"], ["language", "week"], None, *span)
        assert sum(value.parts["contacts"] for value in found) == expected


@pytest.mark.parametrize(
    ("where", "partners"),
    [
        ({"topic": ["of 2"]}, {"B/C"}),
        ({"topic": ["of 2", "of 4"]}, {"B/C", "a"}),
        ({"topic": ["of 2"], "partner": ["a"]}, set()),
        ({"topic": ["of nobody"]}, set()),
        ({"language": ["nb"]}, set(PARTNERS)),  # no cube knows
        ({"need": ["value"]}, set(PARTNERS)),  # what a topic is needed for may be stated anew
    ],
)
def test_a_free_question_opens_files_of_partners_that_can_have_such_contacts(home, where, partners):
    tables = open_reader(home, Scope.everything())._tables
    asked = question([metric("csat")], ["language"], where)
    files = compose(asked, tables).values.get("files", [])
    assert {partner for partner, _, path in tables.files if path in files} == partners


@pytest.mark.parametrize("dim", ["partner", "topic"])
def test_a_filter_for_another_partner_finds_nothing(home, dim):
    reader = open_reader(home, Scope.of_partner("A"))
    other = {"partner": "B/C", "topic": "of 2"}[dim]
    assert reader.show(["csat"], by=["team"], where={dim: [other]}) == []
    assert reader.show(["csat"], by=["team", "language"], where={dim: [other]}) == []
    assert _count(reader, **{dim: [other]}) == 0


@pytest.mark.parametrize("name", ["partner' or 1=1 --", "partner; drop table by_team", "by_team.partner", ""])
def test_what_is_no_dimension_never_becomes_sql(home, name):
    reader = open_reader(home, Scope.of_partner("A"))
    with pytest.raises(UnknownNameError):
        reader.show(["csat"], by=[name])
    with pytest.raises(UnknownNameError):
        reader.show(["csat"], where={name: ["A"]})
    with pytest.raises(UnknownNameError):
        reader.show([name])


def test_a_value_is_a_value_whatever_it_says(home):
    reader = open_reader(home, Scope.of_partner("A"))
    assert reader.show(["csat"], by=["team"], where={"partner": ["A' or partner <> 'A"]}) == []


def test_a_partner_that_nobody_knows_sees_nothing(home):
    reader = open_reader(home, Scope.of_partner("nobody"))
    assert reader.members("partner") == []
    assert reader.days() is None
    (value,) = reader.show(["csat"])
    assert (value.value, value.n, value.reason) == (None, 0, "no_data")


def _attempts(settings: Settings) -> list[str]:
    lake = Lake(settings.lake_path)
    partitions = lake.partitions(lake.version())
    own = next(each.files[0] for key, each in partitions.items() if key.partner == "A")
    theirs = next(each.files[0] for key, each in partitions.items() if key.partner == "B/C")
    cube = next(lake.path.glob("cubes/by_team/*.parquet")).relative_to(lake.path)
    folder = Path(own).parents[1]
    log = next((settings.lake_path / "log" / "contact").glob("*.parquet"))
    root = lake.path
    return [
        f"from read_parquet('{root / theirs}')",
        f"from '{root / theirs}'",
        f"from read_parquet('{root}/facts/*/*/*.parquet')",
        f"from read_parquet('{root}/facts/partner_key=A*/*/*.parquet')",
        f"from read_parquet('{root}/{folder}/../{Path(*Path(theirs).parts[1:])}')",
        f"from read_parquet('{root}/{folder}B/*/*.parquet')",
        f"from read_parquet('{root / cube}')",
        f"from read_parquet('{log}')",
        f"from read_text('{root}/version.json')",
        f"from read_csv('{root}/version.json')",
        f"from glob('{root}/**')",
        f"copy (select 1) to '{root}/x.parquet'",
        f"copy by_team from '{root / cube}'",
        f"attach '{root}/x.db'",
        f"attach '{settings.home}/svar.db' (type sqlite)",
        f"export database '{root}/x'",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "reset enable_external_access",
        "set global file_search_path = '/'",
        "install httpfs",
        "load httpfs",
    ]


@pytest.mark.parametrize("number", range(23))
def test_not_even_free_sql_on_its_database_reaches_anybody_else(home, number):
    reader = open_reader(home, Scope.of_partner("A"))
    attempt = _attempts(home)[number]
    with reader._room.cursor() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(attempt).fetchall()


def test_every_cube_in_its_memory_holds_its_own_rows_alone(home):
    reader = open_reader(home, Scope.of_partner("A"))
    for cube in CUBES:
        for part in reader._room.parts(cube, reader._tables):
            assert set(part.labelled("partner").labels) == {"A"}
            assert part.rows > 0
            for name in measures(cube):
                assert len(part.sums(name)) == part.rows


def test_every_table_of_its_database_holds_its_own_rows_alone(home):
    reader = open_reader(home, Scope.of_partner("A"))
    for cube in CUBES:
        reader._room.as_table(cube)
    for name in ("leakage", "answer_rate", "contact_rate", "removable_cost", "need_share_value"):
        reader.show([name])
    with reader._room.cursor() as cursor:
        tables = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        beside = set(tables) - set(CUBES)
        whole = {table for table in beside if table.startswith(("topic_", "session_"))}
        found = {
            partner
            for table in set(tables) - whole
            for (partner,) in cursor.execute(f"select distinct partner from {table}").fetchall()
        }
        topics = [row for table in whole for row in cursor.execute(f"select topic from {table}").fetchall()]
    assert found == {"A"}
    assert topics == [("of 0",)]


def test_the_attempts_are_all_of_them(home):
    assert len(_attempts(home)) == 23
