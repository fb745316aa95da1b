"""What takes long says what it is doing and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

# Told what is being done, and how far that is, 0–1.
Progress = Callable[[str, float], None]
T = TypeVar("T")


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


def in_background(work: Callable[[], T]) -> Future[T]:
    """Do the work in a thread for which, unlike for those of a pool, the process does not wait at its end."""
    doing: Future[T] = Future()

    def do() -> None:
        try:
            doing.set_result(work())
        except BaseException as error:  # for whoever asks for the result
            doing.set_exception(error)

    Thread(target=do, daemon=True).start()
    return doing
