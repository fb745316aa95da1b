"""What a page is, and which there are: each folder of ``dashboard/pages`` that has a ``PAGE``.

The folder's name is the page's; its words stand under that name in ``texts``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import dashboard.pages
from settings import Settings

SECTIONS = ("now", "compare", "improve", "run")  # of the menu, in this order


def _everywhere(_settings: Settings, _role: str) -> bool:
    return True


@dataclass(frozen=True)
class Page:
    """A page's icon, its section of the menu, who may open it, and its address (left out: its name)."""

    icon: str  # of Material Symbols
    section: str
    roles: tuple[str, ...]
    path: str = ""
    order: int = 50  # within its section, low first
    landing: tuple[str, ...] = ()  # the roles that begin here
    is_offered: Callable[[Settings, str], bool] = _everywhere

    def __post_init__(self) -> None:
        if self.section not in SECTIONS:
            raise ValueError(f"a menu has no section {self.section!r}, it has {', '.join(SECTIONS)}")
        if not set(self.landing) <= set(self.roles):
            raise ValueError("a role begins on a page that it may open")


def pages() -> dict[str, Page]:
    """Every page by name, in the order of the menu."""
    names = sorted(module.name for module in pkgutil.iter_modules(dashboard.pages.__path__))
    every = {name: importlib.import_module(f"dashboard.pages.{name}").PAGE for name in names}
    return dict(sorted(every.items(), key=lambda item: (SECTIONS.index(item[1].section), item[1].order)))


def pages_of(role: str, settings: Settings) -> dict[str, Page]:
    """The pages that a role may open, the one it begins on first."""
    own = {
        name: page for name, page in pages().items() if role in page.roles and page.is_offered(settings, role)
    }
    return dict(sorted(own.items(), key=lambda item: role not in item[1].landing))
