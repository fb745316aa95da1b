"""A watched folder (``SVAR_INBOX``): files that other systems lay there are imported by themselves.

``inbox.toml`` in the folder says which mapping reads which files, and by what hour of the day one must have
come. An imported file moves to ``done/DAY``, a refused one to ``failed/DAY`` with the reason beside it.
What is wrong comes out as faults by name; whoever watches raises and clears the alarms.
"""

from __future__ import annotations

import logging
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from datetime import time as clock
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from data.files import importer, mapping
from settings import Settings

log = logging.getLogger(__name__)

RULES = "inbox.toml"
SETTLED_S = 10  # a file that was written to later than this is still being written
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)  # as Python numbers them
FAULTS = ("inbox_rules", "inbox_failed", "inbox_missing")  # every name of a fault


class Rule(BaseModel):
    """Which files, how they are read, and when one must have come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="Pattern of the files' names, such as calls_*.csv.")
    mapping: str = Field("generic", description="A shipped mapping's name, or a TOML file in the folder.")
    by: clock | None = Field(None, description="Local time by which a file must have come each day.")
    days: list[Day] = Field([*DAYS], min_length=1, description="Days on which one must have come.")


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    file: list[Rule] = Field(min_length=1)


@dataclass
class Round:
    """What a look at the folder came to."""

    imported: int = 0  # files
    faults: dict[str, str] = field(default_factory=dict)  # messages by name


def look(settings: Settings, folder: Path, now: datetime) -> Round:
    """Import every file that has come and is whole; say which failed today and which are missing."""
    made = Round()
    try:
        rules = _Rules.model_validate(tomllib.loads((folder / RULES).read_text("utf-8"))).file
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        made.faults["inbox_rules"] = f"{folder / RULES} cannot be read, so nothing is imported: {reason}"
        return made
    for path in _settled(folder):
        rule = next((each for each in rules if fnmatchcase(path.name, each.name)), None)
        if rule is not None:
            made.imported += _take(settings, path, rule, now)
    today = f"{now.astimezone(settings.zone):%Y-%m-%d}"
    failed = sorted(_names(folder / "failed" / today))
    if failed:
        where = folder / "failed" / today
        made.faults["inbox_failed"] = f"Not imported: {', '.join(failed)}. The reasons lie in {where}."
    if missing := [rule.name for rule in rules if _is_missing(rule, folder, settings, now)]:
        made.faults["inbox_missing"] = f"No file has come today for {', '.join(missing)} in {folder}."
    return made


def _settled(folder: Path) -> Iterator[Path]:
    """Files that nobody writes to any more, the oldest first. A link could name a file outside the folder."""
    files = [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    for path in sorted(files, key=lambda path: (path.stat().st_mtime, path.name)):
        if path.name != RULES and time.time() - path.stat().st_mtime >= SETTLED_S:
            yield path


def _take(settings: Settings, path: Path, rule: Rule, now: datetime) -> bool:
    """Import one file and move it aside; whether it was imported."""
    own = path.parent / rule.mapping
    try:
        made = mapping.load(str(own) if own.is_file() else rule.mapping)
        summary = importer.run(settings, path, made, now=now)
        reason = "Every row was rejected." if summary.rejected == summary.read else ""
    except mapping.BadUse as error:
        reason = str(error)
    except (OSError, SQLAlchemyError):
        log.exception("%s could not be imported just now; it is tried again.", path.name)
        return False
    except Exception as error:  # a file that nobody has foreseen must not hold up the others
        log.exception("%s could not be imported.", path.name)
        reason = f"It could not be read ({type(error).__name__}); the server's log says more."
    day = f"{now.astimezone(settings.zone):%Y-%m-%d}"
    target = _aside(path, path.parent / ("failed" if reason else "done") / day)
    if reason:
        why = target.with_name(f"{target.name}.reason.txt")
        why.touch(mode=0o600)
        why.write_text(reason + "\n", "utf-8")
    log.info("%s was %s", target.name, "not imported" if reason else "imported")
    return not reason


def _aside(path: Path, folder: Path) -> Path:
    """Move a file under a name that is free there: the same one may come twice a day."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target, count = folder / path.name, 1
    while target.exists():
        count += 1
        target = folder / f"{path.stem}-{count}{path.suffix}"
    return path.replace(target)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*") if not path.name.endswith(".reason.txt")]


def _is_missing(rule: Rule, folder: Path, settings: Settings, now: datetime) -> bool:
    local = now.astimezone(settings.zone)
    if rule.by is None or local.time() < rule.by or DAYS[local.weekday()] not in rule.days:
        return False
    today = f"{local:%Y-%m-%d}"
    came = [*_names(folder / "done" / today), *_names(folder / "failed" / today)]
    return not any(fnmatchcase(name, rule.name) for name in came)
