"""What the sub-commands have in common: options, how errors end, one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer

from metrics import Reader, Scope, UnknownNameError, open_reader
from metrics.build.checks import CheckError
from metrics.build.refresh import refresh
from metrics.catalog import catalog
from settings import Settings, read_settings
from store import Store, open_store
from store.absent import NotThereError

Arguments = ParamSpec("Arguments")
MOST = 12  # names that an error message lists

Names = Annotated[list[str], typer.Argument(metavar="METRIC…", help="Metrics of the catalogue.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else.")]
Filters = Annotated[
    list[str] | None, typer.Option("--where", metavar="DIM=VALUE", help="Filter; again for more values.")
]
First = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]
Partner = Annotated[str | None, typer.Option("--as-partner", help="See only what this partner may see.")]
NoBuild = Annotated[bool, typer.Option("--no-build", help="Answer from what is published already.")]
Language = Annotated[str, typer.Option(help="Of sentences: nb or en.")]
Who = Annotated[str, typer.Option(help="Who does it; written down.")]


def reports(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Bad names, values and settings end with 2 and a message that says so, a failed check with 1."""

    @wraps(command)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (UnknownNameError, NotThereError, ValueError) as error:
            text = error.args[0] if error.args else error
            typer.echo(f"metrics: {text}", err=True)
            raise typer.Exit(2) from error
        except OSError as error:
            typer.echo(f"metrics: the state cannot be read or kept (SVAR_HOME): {error}", err=True)
            raise typer.Exit(2) from error
        except CheckError as error:
            typer.echo(f"metrics: a check failed, nothing was published: {error}", err=True)
            raise typer.Exit(1) from error

    return guarded


@dataclass(frozen=True)
class Asked:
    """What is asked, and the reader that answers it."""

    reader: Reader
    metrics: list[str]
    cuts: list[str]
    filters: dict[str, list[str]]
    start: date | None
    end: date | None


@contextmanager
def opened() -> Iterator[tuple[Settings, Store]]:
    """The settings and the store, closed afterwards."""
    settings = read_settings()
    with closing(open_store(settings.database_url)) as store:
        yield settings, store


def reader_of(settings: Settings, store: Store, partner: str | None, *, no_build: bool) -> Reader:
    """A reader of the newest figures, brought up to date first unless ``no_build``."""
    if not no_build:
        refresh(settings, store, datetime.now(UTC))
    return open_reader(settings, scope_of(partner))


def scope_of(partner: str | None) -> Scope:
    """Everything, or what one partner may see."""
    return Scope.everything() if partner is None else Scope.of_partner(partner)


def checked(language: str) -> str:
    """The language. ValueError for one that there is not."""
    if language not in {"nb", "en"}:
        raise ValueError(f"there is no language {language!r}; there are: nb, en")
    return language


def asked_for(
    names: Sequence[str],
    where: Sequence[str] | None,
    span: tuple[datetime | None, datetime | None],
    partner: str | None,
    *,
    no_build: bool,
    by: Sequence[str] | None = None,
) -> Asked:
    """A question in names, as the options give it. ValueError or UnknownNameError for what there is not."""
    metrics, cuts, filters = sorted_out(names, by, where)
    with opened() as (settings, store):
        reader = reader_of(settings, store, partner, no_build=no_build)
    possible(reader, metrics, filters, span)
    return Asked(reader, metrics, cuts, filters, day_of(span[0]), day_of(span[1]))


def sorted_out(
    names: Sequence[str], by: Sequence[str] | None, where: Sequence[str] | None
) -> tuple[list[str], list[str], dict[str, list[str]]]:
    """Metrics, dimensions and filters, which may follow an option more than one at a time.

    ``--by partner team`` leaves ``team`` among the metrics: it is no metric, so it belongs to ``--by``.
    """
    cuts = [name for given in by or [] for name in given.split(",")]
    pairs = list(where or [])
    metrics = []
    for name in names:
        if where and "=" in name:
            pairs.append(name)
        elif by and name not in catalog.metrics() and name in catalog.DIMENSIONS:
            cuts.append(name)
        else:
            metrics.append(catalog.metric(name).id)
    filters: dict[str, list[str]] = {}
    for pair in pairs:
        dim, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"expected DIM=VALUE, got {pair!r}")
        filters.setdefault(catalog.dimension(dim).id, []).append(value)
    if not metrics:
        raise ValueError(f"name a metric; there are: {', '.join(catalog.metrics())}")
    return metrics, [catalog.dimension(cut).id for cut in cuts], filters


def possible(
    reader: Reader, metrics: Sequence[str], filters: Mapping[str, Sequence[str]], span: tuple[Any, Any]
) -> None:
    """ValueError for a period that ends before it begins, and for a name in a filter that nothing has."""
    first, last = span
    if first and last and last < first:
        raise ValueError(f"the period ends ({last:%Y-%m-%d}) before it begins ({first:%Y-%m-%d})")
    for dim, names in filters.items():
        if catalog.dimension(dim).column == "day":
            continue
        there = {name for subject in _subjects(metrics, dim) for name in reader.members(dim, subject)}
        for name in names:
            if there and name not in there:
                known = sorted(one or "(not given)" for one in there)
                near = get_close_matches(name, known, MOST) or known[:MOST]
                more = "" if len(near) == len(known) else ", …"
                raise ValueError(f"there is no {dim} {name!r}; there are: {', '.join(near)}{more}")


def _subjects(metrics: Sequence[str], dim: str) -> set[str]:
    """What is counted by a dimension: contacts, and what else the metrics are of."""
    entries = [catalog.CONTACTS, *map(catalog.metric, metrics)]
    return {entry.subject for entry in entries if dim in entry.dims and entry.subject != "customer"}


def day_of(moment: datetime | None) -> date | None:
    """The day of an option."""
    return moment.date() if moment else None


def print_json(content: Any) -> None:
    """One JSON document; a number that is none is an error, not a word."""
    typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))
