"""Events in any order, in any batches, made by any rounds, end in the same facts as all at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lake.log import Log
from lake.manifest import Lake
from metrics import Scope, open_reader
from metrics.build import refresh as refresh_module
from metrics.build.audit import check
from metrics.build.refresh import build, refresh, refresh_step
from metrics.catalog.models import CUBES, SUMS
from settings import Settings
from store import open_store
from tests.metrics.conftest import cube_of, facts_of
from tests.metrics.given import (
    NOON,
    NOW,
    calls,
    case,
    contact,
    link,
    outcome,
    product,
    sale,
    session,
)

HOUR = 3600
Event = tuple[str, dict[str, Any]]
contacts = st.sampled_from(["c1", "c2", "c3"])
customers = st.sampled_from(["k1", "k2", "p1", ""])
moments = st.integers(-40, 40).map(lambda hours: NOON + hours * HOUR)


def _contact(made: dict[str, Any]) -> dict[str, Any]:
    # Nobody is identified without a key.
    return contact(**made) | {"identified": made["customer_key"].startswith("k")}


def _of(kind: str, make: Any, **parts: Any) -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries(parts).map(lambda made: (kind, make(**made)))


events = st.one_of(
    st.fixed_dictionaries(
        {
            "contact_id": contacts,
            "at": moments,
            "partner": st.sampled_from(["A", "B/C", ""]),
            "customer_key": customers,
            "self_service_first": st.sampled_from([None, None, True, False]),
            "handling_s": st.sampled_from([None, 0, 250]),
            "source": st.sampled_from(["api", "import:x"]),
            "case_id": st.sampled_from(["", "m1", "m2"]),
            "score": st.sampled_from([None, None, 5, 11]),  # the last cannot be true
        }
    ).map(lambda made: ("contact", _contact(made))),
    _of(
        "outcome",
        outcome,
        contact_id=contacts,
        at=moments,
        score=st.sampled_from([None, 1, 10]),
        tried_self_service=st.sampled_from([None, True, False]),
    ),
    _of(
        "sale",
        sale,
        sale_id=st.sampled_from(["s1", "s2"]),
        contact_id=contacts,
        value_minor=st.sampled_from([None, 5, 12_345]),
        cancelled=st.booleans(),
    ),
    _of(
        "session",
        session,
        session_id=st.sampled_from(["v1", "v2"]),
        customer=st.sampled_from(["k1", "k2"]),
        at=moments,
        topic=st.sampled_from(["bill", "fault", ""]),
        completed=st.sampled_from([None, True, False]),
    ),
    _of("link", link, phone_key=st.just("p1"), customer=st.sampled_from(["k1", "k2"])),
    _of(
        "case",
        case,
        case_id=st.sampled_from(["m1", "m2"]),
        closed_at=st.sampled_from([None, NOON - HOUR, NOON + 50 * HOUR]),
    ),
    _of("product", product, name=st.just("fibre"), progression_milli=st.sampled_from([500, 2000])),
    _of(
        "calls_offered",
        calls,
        at=st.sampled_from([NOON, NOON + 900, NOON + 30 * HOUR]),
        offered=st.sampled_from([9, 10]),
        wait_s=st.sampled_from([None, 0, 90, -1]),  # the last cannot be true
    ),
)
# What happens, in which order it arrives, and what is done after each arrival.
histories = st.lists(events, min_size=1, max_size=9).flatmap(
    lambda told: st.tuples(
        st.just(told),
        st.permutations(range(len(told))),
        st.lists(
            st.sampled_from(["wait", "step", "refresh", "build"]), min_size=len(told), max_size=len(told)
        ),
    )
)


def _published(home: Settings) -> dict[str, list[Any]]:
    """Everything that the published version says, in an order of its own."""
    lake = Lake(home.lake_path)
    version = lake.version()
    tables = {
        name: pq.read_table(lake.path / version.tables[name]).to_pylist() if name in version.tables else []
        for name in ("tracked_day", "quarantine")
    }
    for row in tables["quarantine"]:
        # Which version a row is of depends on how it came: live, in a file, or joined with others.
        del row["version"]
    cubes = {cube: cube_of(lake, cube).to_pylist() for cube in (*CUBES, *SUMS)}
    found = {"facts": facts_of(lake).to_pylist(), **tables, **cubes}
    return {"answers": _answers(home)} | {name: sorted(rows, key=repr) for name, rows in found.items()}


def _answers(home: Settings) -> list[Any]:
    reader = open_reader(home, Scope.everything())
    metrics = ["csat", "hit_rate", "value_per_contact", "self_service_first", "survey_coverage"]
    return reader.show(metrics, by=["partner", "topic", "self_service_first"])


def _home(path: Path, name: str) -> Settings:
    return Settings(home=path / name, pseudonym_key="k")


def _all_at_once(home: Settings, told: list[Event]) -> dict[str, list[Any]]:
    store, log = open_store(home.database_url), Log(home.lake_path)
    for number, (kind, row) in enumerate(told):
        log.append(kind, [row | {"accepted_us": number, "seq": 0}])
    build(home, store, NOW)
    store.close()
    return _published(home)


def _one_by_one(
    home: Settings, told: list[Event], order: list[int], doing: list[str]
) -> dict[str, list[Any]]:
    store, log = open_store(home.database_url), Log(home.lake_path)
    for number, then in zip(order, doing, strict=True):
        kind, row = told[number]
        log.append(kind, [row | {"accepted_us": number, "seq": 0}])
        if then == "step":
            refresh_step(home, store, NOW)
        elif then == "refresh":
            refresh(home, store, NOW)
        elif then == "build":
            build(home, store, NOW)
    refresh(home, store, NOW)
    broken = [result for result in check(home) if result["level"] == "fail" and result["rows"]]
    assert not broken
    build(home, store, NOW)
    store.close()
    return _published(home)


def _made_again(home: Settings) -> dict[str, list[Any]]:
    store = open_store(home.database_url)
    build(home, store, NOW, since=date(2000, 1, 1))
    again = _published(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refresh_module, "PASS_ROWS", 2)
        build(home, store, NOW, since=date(2000, 1, 1))
    assert _published(home) == again, "made again in passes of few contacts, the facts are others"
    store.close()
    return again


def _compare(path: Path, history: tuple[list[Event], list[int], list[str]], *, again: bool = True) -> None:
    told, order, doing = history
    name = str(sum(1 for _ in path.iterdir()))
    once = _all_at_once(_home(path, f"{name}-once"), told)
    home = _home(path, f"{name}-each")
    assert _one_by_one(home, told, order, doing) == once
    if again:
        assert _made_again(home) == once, "made again from the log, the facts are others"


_quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
# A smaller history is not worth the minutes that looking for it takes.
_unshrunk = [Phase.explicit, Phase.reuse, Phase.generate]


@settings(max_examples=3, deadline=None, suppress_health_check=_quiet, phases=_unshrunk)
@given(histories)
def test_any_order_gives_the_same_facts(tmp_path: Path, history: Any) -> None:
    _compare(tmp_path, history)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=_quiet, phases=_unshrunk)
@given(histories)
def test_any_order_gives_the_same_facts_at_length(tmp_path: Path, history: Any) -> None:
    _compare(tmp_path, history)


TOLD: list[tuple[str, list[Event], list[int]]] = [
    ("a reply before its contact", [("contact", contact()), ("outcome", outcome(score=7))], [1, 0]),
    (
        "a sale weeks later, then moved to another contact",
        [
            ("contact", contact("c1")),
            ("contact", contact("c2", at=NOON + 20 * 24 * HOUR)),
            ("sale", sale(contact_id="c1")),
            ("sale", sale(contact_id="c2", value_minor=7)),
        ],
        [1, 0, 3, 2],
    ),
    (
        "a session after its contact, later said to be another customer's",
        [
            ("contact", contact(customer_key="k1", identified=True)),
            ("session", session(customer="k1", at=NOON - HOUR)),
            ("session", session(customer="k2", at=NOON - HOUR)),
        ],
        [0, 1, 2],
    ),
    (
        "a correction that moves a contact's day and partner",
        [("contact", contact()), ("contact", contact(at=NOON + 26 * HOUR, partner="B/C"))],
        [0, 1],
    ),
    (
        "a link learnt after the session and the contact",
        [
            ("contact", contact(customer_key="p1")),
            ("session", session(customer="k1", at=NOON - HOUR)),
            ("link", link("p1", "k1")),
        ],
        [0, 1, 2],
    ),
    (
        "a case closed later, its first contact last, and a product weighed after its sale",
        [
            ("contact", contact("c1", case_id="m1", topic="fault")),
            ("contact", contact("c2", case_id="m1", at=NOON + 5 * HOUR)),
            ("case", case("m1")),
            ("case", case("m1", closed_at=NOON + 200 * HOUR)),
            ("sale", sale(contact_id="c2")),
            ("product", product("fibre", 1500)),
            ("sale", sale(contact_id="c2", cancelled=True)),
        ],
        [1, 2, 0, 4, 5, 3, 6],
    ),
    (
        "a case of several customers, one of them unknown, who also come back about other things",
        [
            ("contact", contact("c1", customer_key="k1", topic="bill", case_id="m1", at=NOON + HOUR)),
            ("contact", contact("c2", customer_key="k2", topic="bill", case_id="m1")),
            ("contact", contact("c3", customer_key="", topic="bill", case_id="m1", at=NOON + 2 * HOUR)),
            ("contact", contact("c4", customer_key="k1", topic="bill", at=NOON + 30 * HOUR)),
            ("contact", contact("c5", customer_key="k2", topic="bill", at=NOON + 50 * HOUR)),
            ("case", case("m1", closed_at=NOON + 9 * HOUR)),
            ("outcome", outcome("c5", score=9)),
        ],
        [3, 5, 0, 6, 2, 4, 1],
    ),
    (
        "sessions of others that show when they were tracked, and calls corrected",
        [
            ("contact", contact(customer_key="k1", identified=True)),
            ("session", session("v1", "k2", at=NOON - 30 * HOUR)),
            ("session", session("v2", "k2", at=NOON + HOUR)),
            ("session", session("v3", "k2", at=NOON - 10 * HOUR)),
            ("calls_offered", calls(offered=12)),
            ("calls_offered", calls()),
        ],
        [0, 1, 2, 5, 3, 4],
    ),
]


@pytest.mark.parametrize(("told", "order"), [case[1:] for case in TOLD], ids=[case[0] for case in TOLD])
@pytest.mark.parametrize("then", ["step", pytest.param("build", marks=pytest.mark.slow)])
def test_late_and_corrected_events_end_where_they_would_have_in_order(
    tmp_path: Path, told: list[Event], order: list[int], then: str
) -> None:
    _compare(tmp_path, (told, order, [then] * len(told)), again=then == "build")
