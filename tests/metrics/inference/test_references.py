"""Published examples, and other people's code, beside what is computed here. Each names its source."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, arg-type, union-attr, comparison-overlap"

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats as reference
from scipy.optimize import minimize_scalar
from scipy.special import ndtr
from statsmodels.stats import rates
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from metrics.inference import MeanStats, RateStats, ScoreStats, ShareStats, difference, estimate, to_json
from metrics.inference.answers.nonresponse import Answers, weigh
from metrics.inference.clustered.clusters import by_cluster
from metrics.inference.clustered.strata import like_for_like_by_cluster
from metrics.inference.compare.kitagawa import decompose
from metrics.inference.compare.mantel_haenszel import mantel_haenszel
from metrics.inference.compare.score_limits import Tables, score_limits
from metrics.inference.compare.strata import like_for_like
from metrics.inference.compare.superiority import superiority
from metrics.inference.groups.funnel import funnel
from metrics.inference.groups.ranks import places
from metrics.inference.groups.shrinkage import shrink

# Student (Biometrika 6, 1908): hours of sleep gained on two drugs, as in R's `sleep`.
SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)
# Bickel, Hammel and O'Connell (Science 187, 1975): admitted of men and of women at Berkeley's six largest
# departments, as in R's `UCBAdmissions`.
BERKELEY = (
    ((512, 825), (89, 108)), ((353, 560), (17, 25)), ((120, 325), (202, 593)),
    ((138, 417), (131, 375)), ((53, 191), (94, 393)), ((22, 373), (24, 341)),
)  # fmt: skip
# Benjamini and Hochberg (JRSS B 57, 1995), section 3.1: fifteen p, of which four are discoveries at .05.
FIFTEEN = (.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590,
           1.0)  # fmt: skip


def tables() -> list[tuple[ShareStats, ShareStats]]:
    return [(ShareStats(n, a), ShareStats(m, b)) for (a, n), (b, m) in BERKELEY]


def test_students_sleep_is_what_r_prints() -> None:
    # t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939
    found = difference(*map(MeanStats.of, SLEEP))
    assert found.difference == pytest.approx(0.75 - 2.33)
    assert found.p == pytest.approx(0.07939414, abs=1e-7)
    assert (found.low, found.high) == (
        pytest.approx(-3.3654832, abs=1e-6),
        pytest.approx(0.2054832, abs=1e-6),
    )
    pooled = math.sqrt((np.var(SLEEP[0], ddof=1) + np.var(SLEEP[1], ddof=1)) / 2)
    assert found.effect == pytest.approx(-1.58 / pooled)


def test_berkeleys_admissions_turn_around_like_for_like() -> None:
    # mantelhaen.test(UCBAdmissions, correct = FALSE): common odds ratio 0.9046968, X² = 1.5246, p = 0.2169
    found = mantel_haenszel(tables())
    assert found.effect == pytest.approx(0.9046968, abs=1e-7)
    assert found.p == pytest.approx(0.2169237, abs=1e-7)
    whole = [ShareStats(sum(p[g].n for p in tables()), sum(p[g].hits for p in tables())) for g in (0, 1)]
    assert difference(*whole).low > 0.1
    assert found.low < found.difference < 0 < found.high


def test_the_limits_of_a_risk_difference_are_where_a_stratified_score_test_written_out_rejects() -> None:
    # Miettinen and Nurminen (Statistics in Medicine 4, 1985): the likeliest shares by a search.
    found = mantel_haenszel(tables())
    weight = sum(n1 * n0 / (n1 + n0) for (_, n1), (_, n0) in BERKELEY)
    gap = sum((a * n0 - c * n1) / (n1 + n0) for (a, n1), (c, n0) in BERKELEY) / weight
    assert found.difference == pytest.approx(gap, rel=1e-12)
    for limit in (found.low, found.high):
        variance = 0.0
        for (a, n1), (c, n0) in BERKELEY:
            span = max(0.0, -limit) + 1e-9, min(1.0, 1 - limit) - 1e-9

            def unlikely(p, a=a, n1=n1, c=c, n0=n0, limit=limit):
                q = p + limit
                first = a * math.log(q) + (n1 - a) * math.log(1 - q)
                return -(first + c * math.log(p) + (n0 - c) * math.log(1 - p))

            p = minimize_scalar(unlikely, bounds=span, method="bounded", options={"xatol": 1e-12}).x
            q, n = p + limit, n1 + n0
            variance += (n1 * n0 / n / weight) ** 2 * (q * (1 - q) / n1 + p * (1 - p) / n0) * n / (n - 1)
        assert (gap - limit) ** 2 / variance == pytest.approx(1.959963984540054**2, rel=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((70, 56), (80, 48), 0.0528, 0.3382),
        ((10, 9), (10, 3), 0.1700, 0.8406),
        ((10, 10), (20, 0), 0.7156, 1.0),
    ],
)
def test_score_limits_of_one_table_agree_with_the_table_of_newcombe_1998(first, second, low, high) -> None:
    # Statistics in Medicine 17, 873–890, table II, method 6 (Miettinen and Nurminen).
    one = Tables.of([(ShareStats(*first), ShareStats(*second))])
    assert score_limits(one, np.ones(1), 1.959964) == pytest.approx((low, high), abs=5.1e-5)


def test_a_sparse_table_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(5)
    pairs = [(ShareStats(3, int(rng.integers(4))), ShareStats(2, int(rng.integers(3)))) for _ in range(60)]
    given = [np.array([[a.hits, a.n - a.hits], [b.hits, b.n - b.hits]], float) for a, b in pairs]
    table = StratifiedTable(given)
    assert mantel_haenszel(pairs).effect == pytest.approx(table.oddsratio_pooled)
    assert mantel_haenszel(pairs).p == pytest.approx(table.test_null_odds().pvalue)


@pytest.mark.parametrize(
    ("one", "other"), [((60, 514.775), (30, 543.087)), ((10, 9.5), (41, 3.2)), ((11, 1e6), (12, 2.0))]
)
def test_rates_agree_with_statsmodels(one: tuple[int, float], other: tuple[int, float]) -> None:
    # Breast cancer after fluoroscopy (Rothman and Greenland 1998), and two more uneven ones.
    found = difference(*(RateStats(n, n, n, exposure) for n, exposure in (one, other)))
    limits = rates.confint_poisson_2indep(
        *one, *other, method="mover", compare="diff", method_mover="exact-c"
    )
    assert (found.low, found.high) == pytest.approx(tuple(limits), rel=1e-9)
    wald = rates.test_poisson_2indep(*one, *other, method="wald", compare="diff")
    assert found.p == pytest.approx(wald.pvalue, rel=1e-9)


def test_the_funnel_of_shares_is_spiegelhalters_by_hand() -> None:
    rng = np.random.default_rng(7)
    n = rng.integers(50, 900, 30)
    hits = rng.binomial(n, np.clip(rng.normal(0.2, 0.05, 30), 0.01, 0.99))
    found = funnel({str(i): ShareStats(int(n[i]), int(hits[i])) for i in range(30)})
    centre = hits.sum() / n.sum()
    z = (hits / n - centre) / np.sqrt(centre * (1 - centre) / n)
    # The exact share of a normal's variance that is left where a tenth at each end is pulled in.
    edge = reference.norm.ppf(0.9)
    left = 1 - 2 * (0.1 + edge * reference.norm.pdf(edge)) + 2 * 0.1 * edge**2
    clipped = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    phi = max(1.0, float((clipped**2).mean()) / left)
    assert found.over_dispersion == pytest.approx(phi, rel=1e-4)
    assert [p.z for p in found.points] == pytest.approx(z / math.sqrt(phi), rel=1e-4)
    expected = multipletests(2 * ndtr(-np.abs(z / math.sqrt(phi))), method="fdr_bh")[1]
    assert [p.p for p in found.points] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("many", [10**6, 10**8])
def test_a_hundred_million_keep_their_digits(many: int) -> None:
    # The same shares of many more: the half-widths follow the root of n, and no digit is lost.
    scores = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    one = ScoreStats(tuple(many // 100 * score for score in scores))
    other = ScoreStats(tuple(many // 100 * score for score in reversed(scores)))
    found = difference(one, other)
    assert found.difference == pytest.approx(3.0, rel=1e-12)
    n = 55 * (many // 100)
    half = 1.959963984540054 * math.sqrt(2 * 6.0 * n / (n - 1) / n)
    assert found.high - 3.0 == pytest.approx(half, rel=1e-5)
    p = float(np.outer(scores, scores[::-1])[np.tril_indices(10, -1)].sum() + 0.5 * sum(
        a * b for a, b in zip(scores, scores[::-1], strict=True)))  # fmt: skip
    assert superiority(one, other).difference == pytest.approx(p / 55**2, rel=1e-12)
    whole = MeanStats(many, 600 * many, 360_000 * many + 10_000 * (many - 1))
    assert estimate(whole).high - 600 == pytest.approx(1.959963984540054 * 100 / math.sqrt(many), rel=1e-5)


SCORES = [(0,) * 10, (1, *(0,) * 9), (*(0,) * 9, 1), (0,) * 4 + (10**8,) + (0,) * 5, (50,) * 10,
          (10**8,) * 10, (12, *(0,) * 9), (*(0,) * 9, 60), (3, 0, 0, 1, 0, 0, 0, 9, 20, 30)]  # fmt: skip
SHARES = [(0, 0), (1, 0), (1, 1), (10, 0), (10, 10), (60, 0), (60, 60), (60, 1), (10**8, 0), (10**8, 10**8),
          (10**8, 1), (200, 20)]  # fmt: skip
TIMES = [(0, 0, 0), (1, 5, 25), (10, 50, 250), (60, 0, 0), (60, 120, 280), (10**8, 6 * 10**10, 37 * 10**12)]
EXTREMES: dict[str, list[Any]] = {
    "score": [ScoreStats(bins) for bins in SCORES],
    "share": [ShareStats(*sums) for sums in SHARES],
    "mean": [MeanStats(*sums) for sums in TIMES] + [MeanStats.of([1e-9, 2e-9] * 20)],
}


def sane(found: Any) -> None:
    """What is there is finite and lies within its limits; what is missing has its reason."""
    if isinstance(found, dict):
        value, low, high = found.get("value", found.get("difference")), found.get("low"), found.get("high")
        if isinstance(value, float) and low is not None:
            assert low <= value + 1e-12 + 1e-9 * abs(value)
            assert high >= value - 1e-12 - 1e-9 * abs(value)
        if {"value", "low", "reason"} <= set(found):
            assert found["reason"] or low is not None
        assert found.get("p") is None or 0 <= found["p"] <= 1
        for part in found.values():
            sane(part)
    elif isinstance(found, list):
        for part in found:
            sane(part)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", EXTREMES)
def test_groups_of_none_of_one_and_of_a_hundred_million_give_numbers_or_reasons(kind: str) -> None:
    rng = np.random.default_rng(11)

    def pick() -> Any:
        return EXTREMES[kind][rng.integers(len(EXTREMES[kind]))]

    for _ in range(15):
        groups = {f"g{i}": pick() for i in range(int(rng.integers(1, 9)))}
        strata = {(f"s{i}",): (pick(), pick()) for i in range(int(rng.integers(0, 6)))}
        agents = {f"a{j}": {(f"s{i}",): (pick(), pick()) for i in range(2)} for j in range(3)}
        none = EXTREMES[kind][0]
        apart = {f"a{i}": (pick(), none) if i % 2 else (none, pick()) for i in range(90)}
        results: list[Any] = [
            shrink(groups),
            funnel(groups, minimum_n=1),
            *places(groups),
            like_for_like(strata, minimum_n=1, fixed_start=True),
            like_for_like(strata, minimum_n=1, weights="equal"),
            decompose(strata, minimum_n=1),
            by_cluster({name: pair for (name,), pair in strata.items()}, minimum_n=1),
            like_for_like_by_cluster(agents, minimum_n=1),
            by_cluster(apart, minimum_n=1),
            like_for_like_by_cluster({name: {("s",): pair} for name, pair in apart.items()}, minimum_n=1),
        ]
        if kind == "score":
            silent = (0, 1, 50, 10**8)
            cells = {
                cell: Answers(one.n + silent[int(rng.integers(4))], one) for cell, (one, _) in strata.items()
            }
            results.append(weigh(cells, minimum_n=1))
        for found in results:
            content = to_json(found)
            json.dumps(content, allow_nan=False)
            sane(content)
