"""A file on its way in from a page: kept aside while somebody looks at it, proposed, tried, imported.

What is kept may hold phone numbers: it lies in a folder of its own, readable by its owner only, and goes as
soon as the file is imported or replaced, or when it is a day old.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from console import Progress, nobody
from data.files import importer, mapping
from data.files.profile import TOTALS
from data.guess import propose
from settings import Settings
from texts.messages import Said

KINDS = ["csv", "txt", "tsv", "xlsx", "xlsm", "xls", "xlsb", "ods", "parquet", "zip"]
_PREFIX = "svar-incoming-"
_STALE_S = 86_400
_OWN_NAMES = 'record = "auto"\nby_name = true\n'


@dataclass(frozen=True)
class Start:
    """What to begin with: a mapping and its doubts, or why there is none."""

    toml: str
    doubts: tuple[Said, ...] = ()
    refusal: mapping.BadUse | None = None

    @property
    def of_totals(self) -> bool:
        """Whether the file was refused as its rows seem to be many contacts each."""
        return self.refusal is not None and getattr(self.refusal.args[0], "code", "") == TOTALS


def keep(name: str, content: bytes) -> Path:
    """The file, written aside under its own name."""
    forget_old()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    path = folder / (Path(name).name or "file")
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def forget(path: Path) -> None:
    """Take the file away."""
    if path.parent.name.startswith(_PREFIX):
        shutil.rmtree(path.parent, ignore_errors=True)


def forget_old() -> None:
    """Take away what somebody left behind by closing the page."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def start(settings: Settings, path: Path, language: str, *, single: bool = False) -> Start:
    """Our own field names need no mapping; anything else gets a proposal, commented in this language.

    ``single``: a person says that a row is one contact, although a column seems to count contacts.
    """
    try:
        importer.kind_of(path, mapping.read(_OWN_NAMES.encode(), path.stem))
    except mapping.BadUse:
        pass
    else:
        return Start(_OWN_NAMES)
    try:
        proposal = propose.propose(path, settings.timezone, single=single, language=language)
    except mapping.BadUse as error:
        return Start("", refusal=error)
    return Start(proposal.toml, tuple(proposal.doubts))


def take(
    settings: Settings,
    path: Path,
    toml: str,
    now: datetime,
    *,
    dry_run: bool,
    progress: Progress = nobody,
) -> importer.Summary:
    """Import the file, or say what that would do. ``BadUse`` tells what to correct first."""
    made = mapping.read(toml.encode(), path.stem)
    return importer.run(settings, path, made, now=now, dry_run=dry_run, progress=progress)
