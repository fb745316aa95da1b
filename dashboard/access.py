"""Who sees what: the one place where a viewer becomes a scope.

Every query of every page runs in ``Viewer.scope``. A partner's scope holds that partner's rows and
nothing else, so a page cannot show more by mistake: not through its filters, its address or its state.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dashboard import context
from dashboard.page import Page, pages_of
from metrics import Reader, Scope
from settings import Settings

# From the narrowest: of several roles the narrowest counts.
SIGNED_IN_ROLES = ("partner", "lead", "management")

ROLES = (*SIGNED_IN_ROLES, "customer")


class NoAccess(Exception):
    """Signed in, but with no role that opens anything. ``reason`` is a key of the texts."""

    def __init__(self, reason: str, **details: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


@dataclass(frozen=True)
class Viewer:
    """One person in front of a page."""

    role: str
    partner: str | None = None  # the viewer's own; given exactly for the role partner

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"unknown role {self.role!r}")
        if (self.role == "partner") != bool(self.partner):
            raise ValueError("a partner viewer has a partner, nobody else has one")

    @property
    def scope(self) -> Scope:
        """The rows this viewer may see."""
        if self.role == "partner" and self.partner:
            return Scope.of_partner(self.partner)
        if self.role in ("lead", "management"):
            return Scope.everything()
        raise NoAccess("access.no_figures")

    @property
    def partner_only(self) -> str | None:
        """The scope in the words of the operational store: the one partner, or None for everything."""
        return self.scope.partner

    def pages(self, settings: Settings) -> dict[str, Page]:
        """The pages this viewer may open, the first one first."""
        return pages_of(self.role, settings)


def signed_in(settings: Settings, claims: Mapping[str, Any]) -> Viewer:
    """The viewer that an identity provider vouches for. NoAccess when its claims open nothing."""
    given = _texts(claims.get(settings.oidc_role_claim))
    role = next((role for role in SIGNED_IN_ROLES if role in given), None)
    if role is None:
        raise NoAccess("access.no_role", claim=settings.oidc_role_claim)
    if role != "partner":
        return Viewer(role)
    partners = _texts(claims.get(settings.oidc_partner_claim))
    if len(partners) != 1:
        raise NoAccess("access.no_partner", claim=settings.oidc_partner_claim)
    return Viewer(role, partner=partners[0])


def demo_viewers(partners: Iterable[str]) -> dict[str, Viewer]:
    """Whom one can be in a demonstration, by the code that stands in the address."""
    viewers = {"lead": Viewer("lead"), "management": Viewer("management")}
    viewers |= {f"partner:{name}": Viewer("partner", partner=name) for name in partners if name}
    viewers["customer"] = Viewer("customer")
    return viewers


class Picker:
    """Names to choose from where one plays a part: whom to be in a demonstration, whom a phone calls.

    Names only: nothing here reads a figure, so it needs no viewer.
    """

    def members(self, dimension: str) -> list[str]:
        return _names(context.reader(Scope.everything()), dimension)

    def team_of(self, partner: str) -> str:
        """One of a partner's teams; empty where none is known."""
        teams = [name for name in context.reader(Scope.of_partner(partner)).members("team") if name]
        return secrets.choice(teams) if teams else ""


# There is one reader per version, so a new version is asked anew; few are kept, for each holds its version.
@lru_cache(maxsize=4)
def _names(reader: Reader, dimension: str) -> list[str]:
    return [name for name in reader.members(dimension) if name]


def _texts(claim: object) -> list[str]:
    # Providers send a claim as text or as a list of texts.
    values = claim if isinstance(claim, list | tuple) else [claim]
    return [value.strip() for value in values if isinstance(value, str) and value.strip()]
