"""A number that changed is marked for two seconds: what each viewer saw last, and when it changed."""

from __future__ import annotations

import time
from collections.abc import Hashable, MutableMapping
from typing import Any

MARKED_S = 2.0
_KEY = "svar-marks"


class Marks:
    """Remembers the texts of one view in the viewer's session.

    ``view`` names what is looked at (page and filters): numbers that differ because the viewer chose
    something else have not changed.
    """

    def __init__(self, session: MutableMapping[Any, Any], view: Hashable, now: float | None = None) -> None:
        self._now = time.monotonic() if now is None else now
        kept_view, kept = session.get(_KEY, (None, {}))
        self._seen: dict[str, tuple[str, float]] = kept if kept_view == view else {}
        session[_KEY] = (view, self._seen)

    def css(self, name: str, text: str) -> str:
        """The class for a number: marked when its text differs from the one shown before."""
        before, changed_at = self._seen.get(name, (text, -MARKED_S))
        if before != text:
            changed_at = self._now
        self._seen[name] = (text, changed_at)
        return "svar-changed" if self._now - changed_at < MARKED_S else ""
