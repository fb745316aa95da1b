"""Any two groups on any metric, in every way of comparing them: all keys, and figures known by hand."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, union-attr"

from __future__ import annotations

import json
import math
import shutil
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from lake.log import Log
from metrics import Scope, open_reader
from metrics.analysis.compare import compare
from metrics.build.refresh import build
from metrics.catalog import catalog
from metrics.inference import from_json
from metrics.inference.base import missing
from metrics.query.answers import Comparison
from metrics.query.request import request
from settings import Settings
from store import open_store
from tests.metrics.given import NOON, NOW, calls, contact, customer_group, days, logged, outcome, sale

KEYS = {
    "metric", "groups", "difference", "low", "high", "low_always", "high_always", "p", "effect", "adjusted",
    "verdict", "unknown", "pending", "reason", "reason_always", "method", "cluster", "clusters",
    "design_effect", "source", "alike", "weights", "support", "strata", "dropped", "split",
}  # fmt: skip
WAYS: list[dict[str, Any]] = [
    {},
    {"fixed_start": True},
    {"alike": ["topic", "channel"]},
    {"alike": ["topic"], "weights": "first", "fixed_start": True},
    {"alike": ["topic"], "cluster": "agent", "weights": "equal"},
    {"cluster": "agent", "fixed_start": True},
    {"cluster": "customer"},
    {"alike": ["topic"], "cluster": "customer"},
    {"groups": "partner"},
    {"groups": "partner", "alike": ["topic", "channel", "partner"]},
    {"groups": "partner", "cluster": "customer"},
    {"groups": "channel", "where": {"channel": ["chat", "phone"]}},
    {"groups": "team", "where": {"team": ["t1", "nobody"]}},
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two partners with three agents each, scores, times, sales and what customers say."""
    rng = np.random.default_rng(1)
    contacts: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    for i in range(600):
        partner, agent = "AB"[i % 2], i % 6
        route = (True, False, None)[rng.integers(3)]
        contacts.append(
            contact(
                f"c{i}",
                at=NOON + days(int(i) % 8),
                partner=partner,
                team=f"t{agent % 3}",
                agent=f"{agent}",
                topic=f"topic {rng.integers(3)}",
                channel=("phone", "chat", "store")[rng.integers(3)],
                customer_key="" if i % 9 == 0 else f"k{rng.integers(200)}",
                self_service_first=route,
                handling_s=int(rng.lognormal(5.5, 0.6)),
                wait_s=int(rng.integers(120)),
            )
        )
        score = int(np.clip(round(rng.normal(7 - (route is True), 2)), 1, 10)) if i % 4 else None
        said: dict[str, Any] = (
            {"solved": bool(rng.integers(2)), "guided": bool(rng.integers(2))} if score else {}
        )
        if score and route:
            said["self_help_score"] = int(rng.integers(1, 11))
        outcomes.append(outcome(f"c{i}", at=NOON + days(int(i) % 8), score=score, **said))
    sales = [sale(f"s{i}", f"c{i}", value_minor=100 * (i % 90)) for i in range(0, 600, 7)]
    settings = Settings(home=tmp_path_factory.mktemp("compared"))
    for kind, rows in (("contact", contacts), ("outcome", outcomes), ("sale", sales)):
        Log(settings.lake_path).append(kind, [logged(row) for row in rows])
    store = open_store(settings.database_url)
    build(settings, store, NOW)
    store.close()
    return settings.lake_path


@pytest.fixture
def reader(settings, built):
    return open_reader(settings.model_copy(update={"lake": str(built)}), Scope.everything())


def numbers(found: Any) -> list[float]:
    """Every number in a document."""
    if isinstance(found, dict):
        return [number for value in found.values() for number in numbers(value)]
    if isinstance(found, list):
        return [number for value in found for number in numbers(value)]
    return [found] if isinstance(found, int | float) else []


def check(document: dict[str, Any], *, adjusted: bool) -> None:
    assert set(document) == KEYS
    assert len(document["groups"]) == 2
    for part in (document, *document["groups"].values()):
        value = part.get("difference", part.get("value"))
        # What is missing has its reason; what is there lies within its limits.
        assert part["reason"] or (part["low"] is not None and value is not None)
        if part["low"] is not None and value is not None:
            assert part["low"] <= value <= part["high"]
    assert document["low_always"] is not None or document["reason_always"]
    assert document["verdict"]
    if document["p"] is not None:
        assert 0 <= document["p"] <= 1
    if adjusted:
        assert document["adjusted"]["adjusted"] is None
        check(document["adjusted"], adjusted=False)


def compared(reader, metric: str, way: dict[str, Any]) -> None:
    found = compare(reader, request(metric, **way))
    for language in ("nb", "en"):
        document = found.to_json(language)
        text = json.dumps(document, allow_nan=False)
        assert json.loads(text) == document, (metric, way)
        assert all(math.isfinite(number) for number in numbers(document)), (metric, way)
        check(document, adjusted="alike" in way)
        assert from_json(Comparison, json.loads(text)) == found


COMPARED = list(catalog.metrics())


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("contact_rate", "no_customers_stated"),
        ("hit_rate_per_customer", missing.NO_STRATA),
        ("removable_time", "no_needs_stated"),
    ],
)
def test_what_does_not_add_up_has_its_gap_but_no_strata_and_no_clusters(reader, metric, reason):
    raw = compare(reader, request(metric))
    alike = compare(reader, request(metric, alike=["topic"]))
    assert (alike.difference, alike.low, alike.reason) == (raw.difference, raw.low, raw.reason)
    assert (alike.adjusted.difference, alike.adjusted.reason) == (None, reason)
    clustered = compare(reader, request(metric, cluster="customer"))
    assert (clustered.difference, clustered.low, clustered.p) == (raw.difference, None, None)
    assert clustered.reason == (raw.reason or missing.NO_CLUSTERS)
    assert clustered.source == raw.source


def test_calls_offered_are_compared_by_what_they_have_and_the_rest_has_a_reason(settings, write, rebuild):
    intervals = [
        calls(NOON - 86400 * (i // 5) + 900 * i, partner=partner, answered_within_s20=1,
              answered=5 + i % (3 if partner == "A" else 4))
        for partner in "AB" for i in range(30)
    ]  # fmt: skip
    write("calls_offered", *intervals)
    write("contact", *(contact(f"c{partner}", partner=partner) for partner in "AB"))
    rebuild()
    reader = open_reader(settings, Scope.everything())
    raw = compare(reader, request("answer_rate", "partner"))
    assert (raw.reason, raw.cluster, raw.clusters) == ("", "day", {"A": 6, "B": 6})
    assert raw.low < raw.difference < raw.high
    for alike, reason in ((["topic", "channel"], missing.NO_STRATA), (["channel"], "")):
        found = compare(reader, request("answer_rate", "partner", alike=alike))
        assert (found.low, found.adjusted.reason) == (raw.low, reason)
        assert found.adjusted.sentence("en").endswith("like is compared with like.") == bool(reason)
        check(found.to_json(), adjusted=True)
    found = compare(reader, request("answer_rate", "partner", cluster="agent"))
    assert (found.difference, found.low, found.reason) == (raw.difference, None, missing.NO_CLUSTERS)
    route = compare(reader, request("answer_rate", alike=["channel"]))
    assert (route.difference, route.reason) == (None, missing.NO_GROUPS)
    assert set(route.groups) == {"self_service_first", "direct"}
    assert route.sentence("nb").endswith("Tallet føres ikke for disse gruppene.")
    with pytest.raises(ValueError, match="exactly two"):
        compare(reader, request("answer_rate", "agent"))
    filtered = compare(reader, request("answer_rate", "partner", {"topic": ["bill"]}))
    assert (filtered.difference, filtered.reason) == (None, missing.NO_GROUPS)


def test_every_metric_and_every_way_of_comparing_gives_all_keys_and_survives_json(reader):
    for at, metric in enumerate(COMPARED):
        for step in (0, 5, 9):
            compared(reader, metric, WAYS[(at + step) % len(WAYS)])


@pytest.mark.slow
def test_every_metric_is_compared_in_every_way(reader):
    for metric in COMPARED:
        for way in WAYS:
            compared(reader, metric, way)


@pytest.mark.parametrize("way", WAYS)
def test_a_selection_without_contacts_has_reasons_and_no_numbers(reader, way):
    where = dict(way.get("where", {"partner": ["A", "B"]} if way.get("groups") == "partner" else {}))
    rest = {key: value for key, value in way.items() if key != "where"}
    for metric in ("csat", "hit_rate", "handling_time", "handling_time_median"):
        found = compare(reader, request(metric, where=where | {"language": ["fr"]}, **rest))
        assert found.difference is None
        assert found.reason == missing.NO_DATA
        check(found.to_json(), adjusted="alike" in way)


def test_the_effect_of_an_adjusted_comparison_is_that_of_the_raw_where_all_is_alike(reader):
    for metric in ("csat", "handling_time", "hit_rate"):
        raw = compare(reader, request(metric))
        assert compare(reader, request(metric, alike=["language"])).adjusted.effect == pytest.approx(
            raw.effect
        )


def test_partners_are_always_compared_by_agent(reader):
    found = compare(reader, request("handling_time", "partner"))
    assert (found.cluster, found.clusters, found.method) == ("agent", {"A": 3, "B": 3}, "robust")
    means = {value.dims["partner"]: value.value for value in reader.show(["handling_time"], ["partner"])}
    assert found.difference == pytest.approx(means["A"] - means["B"])
    assert (found.low_always, found.reason_always) == (None, missing.NO_FIXED_START)
    growing = compare(reader, request("handling_time", "partner", fixed_start=True))
    assert growing.low_always < growing.low < growing.high < growing.high_always


def test_a_partner_without_agents_has_a_gap_and_no_interval(write, rebuild, settings):
    rows = [contact(f"{p}{i}", partner=p, agent="", handling_s=100 + i) for p in "AB" for i in range(60)]
    write("contact", *rows)
    rebuild()
    alike: list[str]
    for alike in ([], ["topic"]):
        found = compare(
            open_reader(settings, Scope.everything()), request("handling_time", "partner", alike=alike)
        )
        assert (found.difference, found.low, found.reason) == (0.0, None, missing.TOO_FEW_CLUSTERS)
        assert found.groups["A"].value == found.groups["B"].value == 129.5


def test_groups_are_those_of_the_filter_in_its_order(reader):
    there = compare(reader, request("csat", "channel", {"channel": ["phone", "store"]}))
    back = compare(reader, request("csat", "channel", {"channel": ["store", "phone"]}))
    assert list(there.groups) == ["phone", "store"]
    assert back.difference == pytest.approx(-there.difference)


def test_customers_as_clusters_give_what_a_list_of_their_groups_gives(settings, write, rebuild):
    """Customers with many contacts, some by both routes; contacts of nobody known count as one each."""
    rng = np.random.default_rng(2)
    rows = [
        contact(
            f"c{i}",
            customer_key=f"k{rng.integers(40)}" if i % 5 else "",
            self_service_first=bool(rng.integers(2)),
            handling_s=int(rng.lognormal(5.5, 0.5)),
        )
        for i in range(300)
    ]
    write("contact", *rows)
    rebuild()
    reader = open_reader(settings, Scope.everything())
    found = compare(reader, request("handling_time", cluster="customer"))
    times = [
        [row["handling_s"] for row in rows if row["self_service_first"] is flag] for flag in (True, False)
    ]
    means = [float(np.mean(own)) for own in times]
    added: dict[str, float] = {}
    for row in rows:
        g = 0 if row["self_service_first"] else 1
        name = customer_group(row["customer_key"] or row["contact_id"])
        share = (row["handling_s"] - means[g]) / len(times[g])
        added[name] = added.get(name, 0.0) + (share if g == 0 else -share)
    size = len(added)
    variance = size / (size - 1) * 299 / 298 * sum(one**2 for one in added.values())
    half = student.ppf(0.975, size - 1) * variance**0.5
    assert found.difference == pytest.approx(means[0] - means[1])
    assert found.high - found.difference == pytest.approx(half, rel=1e-9)
    assert (found.source, size <= 64 < sum(found.clusters.values())) == ("by_customer_group", True)
    alike = compare(reader, request("handling_time", cluster="customer", alike=["language"])).adjusted
    assert (alike.low, alike.high) == (pytest.approx(found.low), pytest.approx(found.high))


def test_a_customer_who_calls_forty_times_makes_every_interval_wider(settings, built, write, rebuild):
    shutil.copytree(built, settings.lake_path)
    loud = [contact(f"x{i}", customer_key="loud", self_service_first=True, handling_s=900) for i in range(40)]
    write("contact", *loud)
    rebuild()
    reader = open_reader(settings, Scope.everything())
    for metric in ("handling_time", "handling_time_median"):
        plain, clustered = (
            compare(reader, request(metric, cluster="contact")),
            compare(reader, request(metric)),
        )
        assert (plain.cluster, clustered.cluster) == ("", "customer")
        assert clustered.difference == pytest.approx(plain.difference)
        assert clustered.high - clustered.low > plain.high - plain.low
        assert clustered.design_effect > 1


@pytest.mark.parametrize(
    ("metric", "where", "alike"),
    [
        ("handling_time", {}, []),
        ("hit_rate", {"channel": ["phone"]}, []),
        ("csat", {}, ["topic", "channel"]),
        ("handling_time_median", {}, ["topic"]),
    ],
)
def test_repeat_customers_widen_intervals_by_default_without_a_scan_of_the_facts(
    reader, metric, where, alike
):
    found = compare(reader, request(metric, where=where, alike=alike))
    plain = compare(reader, request(metric, where=where, alike=alike, cluster="contact"))
    for one, other in [(found, plain)] + ([(found.adjusted, plain.adjusted)] if alike else []):
        assert (one.cluster, one.design_effect >= 1) == ("customer", True)
        factor = (one.high - one.low) / (other.high - other.low)
        assert factor == pytest.approx(one.design_effect**0.5 * student.ppf(0.975, 63) / 1.96, rel=0.02)
        assert one.p >= other.p
    assert "by_customer_group" in found.source
    assert "facts" not in found.source


def test_customers_who_call_once_make_no_interval_wider_than_their_groups_can_tell(write, rebuild, settings):
    rows = [
        contact(f"c{i}", customer_key=f"k{i}", self_service_first=i % 2 == 0, handling_s=100 + i % 97)
        for i in range(900)
    ]
    write("contact", *rows)
    rebuild()
    reader = open_reader(settings, Scope.everything())
    assert 1 <= compare(reader, request("handling_time")).design_effect < 1.5


@pytest.mark.parametrize(
    ("metric", "groups", "cluster"),
    [
        ("csat", "self_service_first", "customer"),
        ("csat", "partner", "agent"),
        ("wait_time", "self_service_first", "day"),
        ("wait_time", "partner", "day"),
        ("resolution_time", "self_service_first", ""),
        ("hit_rate_per_customer", "self_service_first", ""),
    ],
)
def test_the_default_cluster_of_a_metric_is_that_of_the_catalogue(reader, metric, groups, cluster):
    assert compare(reader, request(metric, groups)).cluster == cluster


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ({"groups": "channel"}, "exactly two"),
        ({"groups": "partner", "where": {"partner": ["A"]}}, "exactly two"),
        ({"alike": ["self_service_first"]}, "cannot be alike"),
        ({"cluster": "team"}, "day or contact"),
        ({"groups": "agent", "cluster": "agent", "where": {"agent": ["1", "2"]}}, "agents are what"),
        ({"weights": "heavy"}, "pooled"),
        ({"weights": "mantel_haenszel"}, "for shares"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(reader, way, says):
    with pytest.raises(ValueError, match=says):
        compare(reader, request("csat", **way))


@pytest.mark.parametrize(
    ("groups", "cluster", "reason"),
    [
        ("partner", "", ""),
        ("self_service_first", "agent", ""),
        ("self_service_first", "contact", ""),
        ("self_service_first", "customer", ""),
    ],
)
def test_the_split_of_the_gap_is_as_sure_as_the_comparison(reader, groups, cluster, reason):
    found = compare(reader, request("csat", groups, cluster=cluster, alike=["topic", "channel"])).adjusted
    within = found.split.within
    assert (within.reason, within.low is None) == (reason, bool(reason))
    if not reason:
        assert within.high - within.low == pytest.approx(found.high - found.low, rel=0.3)


def test_the_split_of_the_gap_adds_up_for_means_and_shares(reader):
    for metric in ("csat_index", "handling_time", "hit_rate"):
        split = compare(reader, request(metric, alike=["topic", "channel"])).adjusted.split
        whole = split.within.value + split.mix.value + split.unsupported
        assert whole == pytest.approx(compare(reader, request(metric)).difference)
    assert compare(reader, request("handling_time_median", alike=["topic"])).adjusted.split is None


def test_an_agent_without_contacts_of_either_group_is_no_cluster(write, rebuild, settings):
    rng = np.random.default_rng(1)
    for agent in "abcx":
        routes = [None if agent == "x" else i % 2 == 0 for i in range(30)]
        rows = [
            contact(
                f"{agent}{i}", agent=agent, self_service_first=route, handling_s=int(rng.integers(100, 900))
            )
            for i, route in enumerate(routes)
        ]
        write("contact", *rows)
    rebuild()
    reader = open_reader(settings, Scope.everything())
    found = compare(reader, request("handling_time", cluster="agent", alike=["topic"]))
    assert set(found.clusters.values()) == {3}
    assert found.low < found.difference < found.high
