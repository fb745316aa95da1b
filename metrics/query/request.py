"""What is to be compared: which groups, on what, among which contacts, and how. Looked through beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from metrics.catalog import catalog
from metrics.catalog.catalog import Metric
from metrics.inference.base import missing
from metrics.inference.compare.strata import WEIGHTS

ROUTE = "self_service_first"
ROUTES = ("self_service_first", "direct")
CLUSTERS = ("agent", "customer", "day", "contact")  # contact: nothing in common
# Groups that have agents of their own: contacts of one agent are alike, and the groups have few of them.
NESTED = ("partner", "team")


@dataclass(frozen=True)
class Request:
    """Which groups are compared, on what, among which contacts, and how.

    What a metric does not have is no error: ``no_groups``, ``no_strata`` and ``no_clusters`` are the reasons
    why nothing, nothing like for like, or no interval by cluster can be told of it.
    """

    metric: Metric
    groups: str
    where: Mapping[str, Sequence[str]]
    start: date | None
    end: date | None
    fixed_start: bool
    alike: tuple[str, ...]
    cluster: str
    weights: str
    by_default: bool = False  # the catalogue chose the cluster
    no_groups: str = ""
    no_strata: str = ""
    no_clusters: str = ""

    @property
    def listed(self) -> bool:
        """Whether clusters are listed. Customers whom nobody asked for are not: how much wider they make an
        interval is measured once, on coarse groups, so that no page has to scan the facts."""
        return (
            bool(self.cluster)
            and not self.no_clusters
            and not (self.by_default and self.cluster == "customer")
        )

    @property
    def span(self) -> tuple[Mapping[str, Sequence[str]], date | None, date | None]:
        """Filters and days, as every question takes them."""
        return self.where, self.start, self.end

    def named(self, there: Sequence[str]) -> tuple[str, str]:
        """The two groups: the routes, those that the filter names, or those that are there. ValueError where
        that is not two."""
        if self.groups == ROUTE:
            return ROUTES
        chosen = list(dict.fromkeys(self.where.get(self.groups, there)))
        if len(chosen) != 2:
            raise ValueError(
                f"comparing {self.groups} needs exactly two of them, for instance with --where "
                f"{self.groups}=NAME twice; choose two of: "
                f"{', '.join(name or '(not given)' for name in there)}"
            )
        return chosen[0], chosen[1]


def request(
    metric: str,
    groups: str = ROUTE,
    where: Mapping[str, Sequence[str]] | None = None,
    start: date | None = None,
    end: date | None = None,
    *,
    fixed_start: bool = False,
    alike: Sequence[str] = (),
    cluster: str = "",
    weights: str = "",
) -> Request:
    """A comparison of two groups that makes sense; ValueError or UnknownNameError says what is wrong with it.

    Groups of ``self_service_first`` are self_service_first and direct; of another dimension they are the two
    that the filter names, or that are there in the selection.
    ``fixed_start`` says that the data grow from a fixed start, and adds intervals that allow for repeated
    looks. ``alike`` dimensions add the same comparison among contacts alike in them, with ``weights`` of the
    strata. ``cluster`` (agent, customer) lets contacts of one have something in common; partners and teams
    are always compared by agent.
    """
    entry, dim = catalog.metric(metric), catalog.dimension(groups).id
    held = tuple(dict.fromkeys(catalog.dimension(name).id for name in alike))
    # Nobody is alike in what sets the groups apart.
    held_equal = tuple(name for name in held if name != dim)
    if held and not held_equal:
        raise ValueError(f"groups that differ in {dim} cannot be alike in it; choose another dimension")
    if cluster and cluster not in CLUSTERS:
        raise ValueError(f"clusters are {', '.join(CLUSTERS[:-1])} or {CLUSTERS[-1]}, not {cluster!r}")
    if cluster == "agent" and dim == "agent":
        raise ValueError("agents are what is compared; they cannot be the clusters as well")
    if weights and weights not in WEIGHTS:
        raise ValueError(f"weights are one of {', '.join(WEIGHTS)}, not {weights!r}")
    if weights == "mantel_haenszel" and entry.kind != "share":
        raise ValueError(f"mantel_haenszel weights are for shares; {metric} is none")
    listed = entry.adds_up and entry.subject == "contact"
    # Contacts of a day share their queue, whoever takes them.
    usual = "agent" if dim in NESTED and listed and entry.cluster != "day" else entry.cluster
    chosen = "" if cluster == "contact" or (not cluster and dim == "day") else cluster or usual
    return Request(
        entry,
        dim,
        where or {},
        start,
        end,
        fixed_start,
        held_equal,
        chosen,
        weights,
        by_default=not cluster,
        no_groups="" if catalog.kept_by(entry, (dim, *(where or {}))) else missing.NO_GROUPS,
        no_strata="" if entry.adds_up and set(held_equal) <= set(entry.dims) else missing.NO_STRATA,
        no_clusters="" if listed or chosen in {"", entry.cluster} else missing.NO_CLUSTERS,
    )
