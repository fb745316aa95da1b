"""What the page of initiatives asks: the history they are measured by, and each measured."""

from __future__ import annotations

from datetime import date

from dashboard import context
from dashboard.queries import shared
from metrics import Scope
from metrics.analysis.initiatives import History, Outcome, history, outcomes
from store.initiatives import Initiative, initiatives


@shared
def past(version: str, scope: Scope, today: date) -> History | None:  # noqa: ARG001
    """Contacts by topic and day; None where there is none."""
    return history(context.reader(scope), context.settings(), today)


@shared
def measured(version: str, scope: Scope, today: date, registered: tuple[Initiative, ...]) -> list[Outcome]:
    """The registered initiatives, those that spared most first."""
    return outcomes(past(version, scope, today), registered)


def registered() -> tuple[Initiative, ...]:
    """As they stand in the store now: people change them."""
    return tuple(initiatives(context.store()))
