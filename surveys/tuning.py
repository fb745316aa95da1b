"""How the interpreter is set for processes in which requests, posts and the store share it."""

from __future__ import annotations

import gc
import sys

# A thread that comes back from the database waits this long (s) at most for another that is busy.
SWITCH_S = 0.0005


def share_fairly() -> None:
    """Let threads take turns often: a commit that is done must not wait for a busy event loop."""
    sys.setswitchinterval(SWITCH_S)


def settle_in() -> None:
    """The same, and leave what is alive by now out of every later collection: call once, after imports."""
    share_fairly()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
