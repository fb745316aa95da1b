"""The survey side, each rate beside a peer measured in the same run, with and without 2 ms per commit.

Real disks take their time to sync; this machine's hardly does. Hence the 2 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.surveys import decisions, replies, sends
from surveys.tuning import settle_in


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["replies", "decisions", "sends"])
    parser.add_argument("--serve", choices=["no-op", "svar", "storing", "carrier"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, default=Path(), help=argparse.SUPPRESS)
    parser.add_argument("--commit-ms", type=float, default=0.0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    settle_in()
    if given.serve == "carrier":
        asyncio.run(sends.serve(given.port))
    elif given.serve == "storing":
        replies.serve_storing(given.commit_ms / 1_000)
    elif given.serve:
        replies.serve(given.serve, given.port, given.home, given.commit_ms / 1_000)
    else:
        parts: dict[str, Callable[[], None]] = {
            "replies": lambda: replies.run(8_000),
            "decisions": lambda: decisions.run(30_000),
            "sends": lambda: sends.run(10_000),
        }
        for name, part in parts.items():
            if given.only in (None, name):
                part()


if __name__ == "__main__":
    os.environ.pop("SVAR_DEMO", None)
    main()
