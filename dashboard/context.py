"""What every page of the process shares: the settings, the store, and readers of the lake by scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from dashboard import push
from metrics import Reader, Scope, open_reader
from metrics.build.refresh import current_version
from settings import Settings
from store import Store


class NotConfigured(RuntimeError):
    """The pages were started without the frame."""


@dataclass
class _Shared:
    settings: Settings | None = None
    store: Store | None = None


_shared = _Shared()


def configure(settings: Settings, store: Store) -> None:
    """Called by the frame, before the first page is shown."""
    _shared.settings, _shared.store = settings, store
    push.clear()


def settings() -> Settings:
    if _shared.settings is None:
        raise NotConfigured("Start the pages with `make run` or `python app.py`, not by themselves.")
    return _shared.settings


def store() -> Store:
    if _shared.store is None:
        raise NotConfigured("Start the pages with `make run` or `python app.py`, not by themselves.")
    return _shared.store


def version() -> str:
    """The lake's version now; it changes with everything that is published."""
    return current_version(settings())


def reader(scope: Scope) -> Reader:
    """The newest data that this scope may see."""
    return open_reader(settings(), scope)


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The local day."""
    return now().astimezone(settings().zone).date()
