"""From contacts in the log to a comparison, beside what other people's code makes of the same contacts."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from lake.log import Log
from metrics import Scope, open_reader
from metrics.analysis.compare import compare
from metrics.build.refresh import build
from metrics.inference.compare.confidence_sequence import tuning
from metrics.query.request import request
from settings import Settings
from store import open_store
from tests.metrics.given import NOW, contact, customer_group, logged

CONTACTS = 420
MEANS = ("csat", "csat_index", "handling_time", "value_per_contact")
SHARES = ("satisfied", "dissatisfied", "hit_rate")


def drawn() -> list[dict[str, Any]]:
    """Contacts by either route, of three topics that the routes have in different shares, of fourteen agents,
    and of customers with several contacts; sales in øre."""
    rng = np.random.default_rng(71)
    rows = []
    for i in range(CONTACTS):
        first = bool(rng.random() < 0.55)
        topic = int(rng.choice(3, p=(0.5, 0.3, 0.2) if first else (0.2, 0.3, 0.5)))
        agent = int(rng.integers(14))
        hit = bool(rng.random() < 0.2)
        rows.append(
            contact(
                f"c{i}", source="import:x", asked=True, self_service_first=first, topic=f"topic {topic}",
                agent=f"agent {agent}", customer_key=f"k{rng.integers(150)}", identified=True,
                score=int(np.clip(round(rng.normal(7 - topic + 0.1 * agent - first, 2)), 1, 10)),
                handling_s=int(rng.lognormal(5.5 + 0.1 * topic, 0.6)), hit=hit,
                hit_value_minor=int(rng.lognormal(11, 1)) if hit else 0,
            )
        )  # fmt: skip
    return rows


ROWS = drawn()
FIRST = np.array([row["self_service_first"] for row in ROWS])
VALUES = {
    "csat": np.array([row["score"] for row in ROWS], float),
    "csat_index": np.array([(row["score"] - 1) / 9 * 100 for row in ROWS]),
    "handling_time": np.array([row["handling_s"] for row in ROWS], float),
    "value_per_contact": np.array([row["hit_value_minor"] / 100 for row in ROWS]),
    "satisfied": np.array([row["score"] >= 8 for row in ROWS], float),
    "dissatisfied": np.array([row["score"] <= 4 for row in ROWS], float),
    "hit_rate": np.array([row["hit"] for row in ROWS], float),
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("references"))
    Log(settings.lake_path).append("contact", [logged(row) for row in ROWS])
    store = open_store(settings.database_url)
    build(settings, store, NOW)
    store.close()
    return open_reader(settings, Scope.everything())


def of_routes(metric: str) -> tuple[np.ndarray, np.ndarray]:
    return VALUES[metric][FIRST], VALUES[metric][~FIRST]


def told(found: Any) -> tuple[float, float, float, float]:
    return found.difference, found.low, found.high, found.p


@pytest.mark.parametrize("metric", MEANS)
def test_means_are_compared_as_scipy_does(reader, metric: str) -> None:
    found, (a, b) = compare(reader, request(metric, cluster="contact")), of_routes(metric)
    expected = stats.ttest_ind(a, b, equal_var=False)
    limits = expected.confidence_interval()
    assert told(found) == pytest.approx((a.mean() - b.mean(), *limits, expected.pvalue), rel=1e-6)
    for values, group in zip((a, b), found.groups.values(), strict=True):
        own = stats.ttest_1samp(values, 0).confidence_interval()
        assert (group.value, group.low, group.high) == pytest.approx((values.mean(), *own), rel=1e-6)


@pytest.mark.parametrize("metric", SHARES)
def test_shares_are_compared_as_statsmodels_does(reader, metric: str) -> None:
    found, (a, b) = compare(reader, request(metric, cluster="contact")), of_routes(metric)
    hits, sizes = [int(a.sum()), int(b.sum())], [len(a), len(b)]
    limits = confint_proportions_2indep(hits[0], sizes[0], hits[1], sizes[1], method="newcomb")
    expected = a.mean() - b.mean(), *limits, proportions_ztest(hits, sizes)[1]
    assert told(found) == pytest.approx(expected, rel=1e-6)
    for hit, size, group in zip(hits, sizes, found.groups.values(), strict=True):
        own = proportion_confint(hit, size, method="wilson")
        assert (group.low, group.high) == pytest.approx(own, rel=1e-6)


@pytest.mark.parametrize("metric", MEANS)
def test_limits_for_repeated_looks_follow_the_paper(reader, metric: str) -> None:
    found, (a, b) = compare(reader, request(metric, cluster="contact", fixed_start=True)), of_routes(metric)
    variance, k = a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b), CONTACTS * tuning() / 2000
    half = (variance * (k + 1) / k * np.log((k + 1) / 0.05**2)) ** 0.5
    middle = a.mean() - b.mean()
    assert (found.low_always, found.high_always) == pytest.approx((middle - half, middle + half), rel=1e-6)


@pytest.mark.parametrize("metric", [*MEANS, *SHARES])
@pytest.mark.parametrize("cluster", ["agent", "customer"])
def test_clusters_are_those_of_statsmodels(reader, metric: str, cluster: str) -> None:
    found = compare(reader, request(metric, cluster=cluster))
    names = [row["agent"] if cluster == "agent" else customer_group(row["customer_key"]) for row in ROWS]
    groups = {"groups": np.unique(names, return_inverse=True)[1]}
    design = sm.add_constant(FIRST.astype(float))
    fit = sm.OLS(VALUES[metric], design).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    assert told(found) == pytest.approx((fit.params[1], *fit.conf_int()[1], fit.pvalues[1]), rel=1e-6)


@pytest.mark.parametrize("cluster", ["agent", "customer"])
def test_clusters_like_for_like_are_those_of_statsmodels(reader, cluster: str) -> None:
    # A regression on topic, route and their product; the difference is a contrast with the mix of both.
    found = compare(reader, request("csat", cluster=cluster, alike=["topic"])).adjusted
    assert found is not None
    names = [row["agent"] if cluster == "agent" else customer_group(row["customer_key"]) for row in ROWS]
    groups = {"groups": np.unique(names, return_inverse=True)[1]}
    topic = np.array([row["topic"] for row in ROWS])
    cells = [(name, route) for name in sorted(set(topic)) for route in (True, False)]
    design = np.array([(topic == name) & (route == FIRST) for name, route in cells], float).T
    contrast = [(topic == name).mean() * (1 if route else -1) for name, route in cells]
    fit = sm.OLS(VALUES["csat"], design).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    expected = fit.t_test(contrast)
    assert found.difference == pytest.approx(float(expected.effect[0]), rel=1e-6)
    assert (found.low, found.high) == pytest.approx(tuple(expected.conf_int()[0]), rel=1e-6)


@pytest.mark.parametrize("metric", SHARES)
def test_shares_like_for_like_have_the_test_of_cochran_mantel_and_haenszel(reader, metric: str) -> None:
    found = compare(reader, request(metric, cluster="contact", alike=["topic"])).adjusted
    assert found is not None
    topic = np.array([row["topic"] for row in ROWS])
    tables = []
    for name in sorted(set(topic)):
        own = [VALUES[metric][(topic == name) & (route == FIRST)] for route in (True, False)]
        tables.append(np.array([[v.sum(), len(v) - v.sum()] for v in own]))
    assert found.p == pytest.approx(StratifiedTable(tables).test_null_odds().pvalue, rel=1e-6)
