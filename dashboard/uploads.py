"""Which pages may take a file: those that show where to put one, for as long as somebody may look at them.

The framework keeps whatever is sent to it in memory, from anybody who knows a session. So a page says that it
waits for a file, and everything else is refused before it is read.
"""

from __future__ import annotations

import threading
import time

OPEN_S = 900.0  # a page that shows its field opens it for so long; every run of it begins anew
_lock = threading.Lock()
_open: dict[str, float] = {}


def expect(session: str) -> None:
    """Let a page's session send files for a while."""
    now = time.monotonic()
    with _lock:
        for old in [name for name, until in _open.items() if until < now]:
            del _open[old]
        _open[session] = now + OPEN_S


def is_expected(session: str) -> bool:
    """Whether a file of that session is waited for."""
    with _lock:
        return _open.get(session, 0.0) > time.monotonic()
