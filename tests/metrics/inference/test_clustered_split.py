"""Where a gap between partners comes from, by agent: beside the jackknife, single contacts, and the truth."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, arg-type"

from __future__ import annotations

import numpy as np
import pytest

from metrics.inference import INDEX, Estimate, MeanStats
from metrics.inference.base import missing
from metrics.inference.clustered.split import split_by_cluster
from metrics.inference.compare.kitagawa import Decomposition, decompose
from metrics.inference.compare.strata import Strata
from tests.metrics.inference.test_clustered_strata import NONE, merged

LEVELS = {"a": 7.5, "b": 6.5, "c": 5.0}


def drawn(
    rng: np.random.Generator, agents: int, *, crossed: bool = False, size: int = 80
) -> dict[str, Strata]:
    """Agents who differ in level (icc .03) and in which of three topics they mostly have."""
    found: dict[str, Strata] = {}
    for agent in range(agents):
        mix, mood = rng.dirichlet([4, 3, 3]), rng.normal(0, 2 * 0.03**0.5)
        own: dict[tuple[str, ...], tuple[MeanStats, MeanStats]] = {}
        for (topic, level), share in zip(LEVELS.items(), mix, strict=True):
            groups = [
                MeanStats.of(rng.normal(level + mood, 2 * 0.97**0.5, rng.poisson(size * share)))
                if crossed or agent % 2 == g
                else NONE
                for g in (0, 1)
            ]
            own[(topic,)] = groups[0], groups[1]
        found[str(agent)] = own
    return found


def split(clusters: dict[str, Strata]) -> Decomposition:
    return split_by_cluster(decompose(merged(clusters)), clusters)


def width(part: Estimate) -> float:
    return part.high - part.low


@pytest.mark.parametrize("crossed", [False, True])
def test_the_noise_is_that_of_the_jackknife_over_agents(crossed: bool) -> None:
    # Delete-one-cluster jackknife (Efron, 1982), stratified by partner where agents are with one only.
    agents = drawn(np.random.default_rng(1), 60, crossed=crossed)
    found = split(agents)
    without = {name: decompose(merged({k: v for k, v in agents.items() if k != name})) for name in agents}
    for part in ("within", "mix"):
        variance = 0.0
        for names in [list(agents)] if crossed else [list(agents)[0::2], list(agents)[1::2]]:
            left = np.array([getattr(without[name], part).value for name in names])
            variance += (len(names) - 1) / len(names) * float(((left - left.mean()) ** 2).sum())
        assert width(getattr(found, part)) == pytest.approx(2 * 2.0 * variance**0.5, rel=0.05)
    assert found.within.value == decompose(merged(agents)).within.value


def test_contacts_that_are_an_agent_each_have_the_noise_of_contacts() -> None:
    rng = np.random.default_rng(2)
    rows = [(g, topic, rng.normal(LEVELS[topic], 2)) for g in (0, 1) for topic in "aabbbc" * 300]
    single: dict[str, Strata] = {}
    for i, (g, topic, y) in enumerate(rows):
        one = MeanStats.of([y])
        single[str(i)] = {(topic,): (one, NONE) if g == 0 else (NONE, one)}
    plain, found = decompose(merged(single)), split(single)
    for own, other in ((plain.within, found.within), (plain.mix, found.mix)):
        assert width(other) == pytest.approx(width(own), rel=0.01)
    for a, b in zip(plain.cells, found.cells, strict=True):
        assert width(b.within) == pytest.approx(width(a.within), rel=0.01)
        assert width(b.mix) == pytest.approx(width(a.mix), rel=0.01)


def test_an_index_has_the_same_noise_in_its_own_unit() -> None:
    agents = drawn(np.random.default_rng(3), 20)
    plain = split(agents)
    index = split_by_cluster(decompose(merged(agents), scale=INDEX), agents, scale=INDEX)
    assert width(index.mix) == pytest.approx(width(plain.mix) / 9 * 100)


def test_with_one_agent_on_a_side_nobody_can_say_how_sure_it_is() -> None:
    found = split(drawn(np.random.default_rng(4), 2))
    assert (found.within.low, found.within.reason) == (None, missing.TOO_FEW_CLUSTERS)
    assert found.cells[0].mix.high is None
    assert found.mix.value is not None


def coverage(runs: int, agents: int, seed: int) -> tuple[float, float, float]:
    """Of partners that differ in nothing: within and mix by agent, and within by contacts."""
    rng = np.random.default_rng(seed)
    held = np.zeros(3)
    for _ in range(runs):
        data = drawn(rng, agents)
        plain = decompose(merged(data))
        found = split_by_cluster(plain, data)
        held += [part.low <= 0 <= part.high for part in (found.within, found.mix, plain.within)]
    return tuple(held / runs)


def test_the_split_of_partners_covers_what_it_promises(figure) -> None:
    within, mix, naive = coverage(150, 20, 5)
    figure("split of partners, 20 agents, within", within)
    figure("split of partners, 20 agents, mix", mix)
    figure("split of partners, 20 agents, contacts independent, within", naive)
    assert within > 0.9
    assert mix > 0.9
    assert naive < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("agents", [10, 20, 60])
def test_the_split_of_partners_covers_what_it_promises_with_few_agents_and_many(agents: int, figure) -> None:
    within, mix, naive = coverage(2000, agents, 6)
    figure(f"split of partners, {agents} agents, within", within)
    figure(f"split of partners, {agents} agents, mix", mix)
    figure(f"split of partners, {agents} agents, contacts independent, within", naive)
    assert within > 0.925
    assert mix > 0.925
