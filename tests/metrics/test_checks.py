"""Every check finds what it is for, and passes where nothing is wrong."""

from __future__ import annotations

import pytest

from lake.duck import connect
from metrics.build import checks
from metrics.build.events import QUARANTINE
from metrics.catalog import models
from metrics.catalog.models import CUBES, SUMS
from tests.metrics.conftest import cube_of, facts_of
from tests.metrics.given import calls, contact, days, outcome, sale, session

# Check → what is done to a healthy lake's relations so that it must speak.
DAMAGE = {
    "unique_contacts": "insert into checked_fact from checked_fact limit 1",
    "keys_given": "update checked_fact set topic = null where contact_id = 'c1'",
    "states_add_up": "update checked_fact set survey_state = 'lost' where contact_id = 'c1'",
    "survey_funnel": "update checked_fact set delivered = false where contact_id = 'c1'",
    "values_in_range": "update checked_fact set score = 11 where contact_id = 'c1'",
    "facts_equal_contacts": "insert into expected_place values ('A', date '2026-10-01', 1)",
    "cubes_equal_facts": "update checked_cube set hits = hits + 1 where cube = 'by_topic'",
    "rows_in_quarantine": "insert into quarantine values ('contact', 'c9', 'score', '11', 1, 1, 0, false)",
    "queue_equals_log": "update published_queue set offered = offered + 1",
    "session_equals_log": "delete from published_session",
    "route_conflicts": """
        insert into checked_fact by name
        select * exclude (n) replace ('x' || contact_id || n as contact_id, false as flag, 1 as session_at)
        from checked_fact, range(50) as more(n)
    """,
}


@pytest.fixture
def healthy(write, rebuild, lake):
    """Relations of the checks over a small lake in which nothing is wrong."""
    write("contact", contact("c1", hit=True), contact("c2", at=days(20_000), partner="B"))
    write("outcome", outcome("c1", score=9))
    write("sale", sale(contact_id="c2"))
    write("calls_offered", calls())
    write("session", session())
    rebuild()
    with connect() as connection:
        connection.from_arrow(facts_of(lake)).create("checked_fact")
        connection.execute(
            "create table expected_place as select partner, day, count(*) as contacts "
            "from checked_fact group by partner, day"
        )
        for cube in CUBES:
            connection.from_arrow(cube_of(lake, cube)).create(f"checked_{cube}")
        checks.sums(connection, checks.measured("checked_fact"), {cube: f"checked_{cube}" for cube in CUBES})
        connection.from_arrow(QUARANTINE.empty_table()).create("quarantine")
        for what in SUMS:
            for side in ("published", "expected"):
                connection.from_arrow(cube_of(lake, what)).create(f"{side}_{what}")
        yield connection


def _speaking(connection) -> set[str]:
    return {result["check"] for result in checks.run(connection) if result["rows"]}


def test_there_is_damage_for_every_check():
    assert set(DAMAGE) == set(models.names("checks"))


def test_a_healthy_lake_passes(healthy):
    assert _speaking(healthy) == set()
    checks.demand(checks.run(healthy))


@pytest.mark.parametrize("check", sorted(DAMAGE))
def test_a_check_finds_what_it_is_for(healthy, check):
    healthy.execute(DAMAGE[check])
    assert check in _speaking(healthy)


def test_a_warning_does_not_stop_what_a_failure_does():
    warned = {"check": "route_conflicts", "level": "warn", "rows": 3, "examples": []}
    checks.demand([warned])
    with pytest.raises(checks.CheckError, match="unique_contacts: 2 rows"):
        checks.demand([warned, {"check": "unique_contacts", "level": "fail", "rows": 2, "examples": []}])
