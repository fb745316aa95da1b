"""What takes long says what it is doing and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

# Told what is being done, and how far that is, 0–1.
Progress = Callable[[str, float], None]


def nobody(_text: str, _part: float) -> None:
    """For whoever does not look."""


@contextmanager
def bar() -> Iterator[Progress]:
    """A progress bar on standard error, where somebody looks at it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda text, part: shown.update(task, description=text, completed=part)
