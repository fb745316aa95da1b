"""A file becomes one batch of the log, checked column by column in DuckDB.

The file is read once into a draft beside the log. If every row is good, new and in the order of days, the
draft is the batch; otherwise what is refused, repeated or already known is taken out on the way to it.
Nothing is visible before the last rename, so an import that is stopped has not happened. Rows of Python are
made only of what was refused.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression

from console import Progress, in_background, nobody
from data.files import doubts, labels, report, stage
from data.files.dedupe import Draft, write
from data.files.fields import Field, fields_of
from data.files.mapping import BadUse, Mapping
from data.files.profile import refuse_aggregate
from data.files.sources.source import Source, opened, readable, undecodable
from lake.duck import connect
from lake.log import KEYS, SCHEMAS, Log
from settings import Settings
from texts.messages import Said, say

MEMORY = "2500MB"
EXAMPLES = 10  # faults repeated in the summary
STOPPED_S = 10  # by then the engine has ended what was interrupted, or never will
NUMBER = r"[+-]?[\d., ]+"  # a text that is no formula, whatever it begins with
STALE_S = 86_400  # a draft this old belongs to an import that was killed

T = TypeVar("T")


@dataclass
class Summary:
    """What an import did. read = accepted + updated + unchanged + rejected."""

    file: str
    mapping: str
    record: str
    dry_run: bool
    read: int = 0
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    first_day: str | None = None  # of what was accepted or updated
    last_day: str | None = None
    faults: list[dict[str, Any]] = field(default_factory=list)  # field, reason, rows
    examples: list[dict[str, Any]] = field(default_factory=list)  # row, field, value, reason
    notes: list[Said] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)
    read_as: dict[str, str] = field(default_factory=dict)  # encoding, delimiter, sheet
    rejects_file: str | None = None
    summary_file: str | None = None
    seconds: float = 0.0


def run(
    settings: Settings,
    path: Path,
    mapping: Mapping,
    *,
    now: datetime,
    dry_run: bool = False,
    replace: bool = False,
    progress: Progress = nobody,
) -> Summary:
    """Import a file. ``BadUse`` says what the person must change; then nothing has been written.

    ``now`` (aware) is when the import was begun: of two versions of a record the later accepted one counts.
    ``replace``: a person has said that the file may take the place of records of other days.
    """
    started = time.monotonic()
    connection = connect(memory=MEMORY)
    # Sharing what two macros have in common would work it out for every row, also where each of them only
    # wants it of the few values that are written in an odd way.
    connection.execute("set disabled_optimizers = 'common_subexpressions'")
    try:
        with opened(connection, path, mapping) as source:
            importing = _Import(
                settings, connection, source, mapping=mapping, path=path, now=now, progress=progress
            )
            summary = importing.run(dry_run, replace=replace)
    finally:
        wait([in_background(connection.close)], timeout=STOPPED_S)
    summary.seconds = round(time.monotonic() - started, 3)
    if not dry_run:
        _keep_summary(settings, summary, now)
    return summary


def kind_of(path: Path, mapping: Mapping) -> str:
    """What a row of the file is, as the mapping and the columns tell. ``BadUse`` where they do not."""
    with connect(memory=MEMORY) as connection, opened(connection, path, mapping) as source:
        return stage.choose_record(mapping, source)


class _Import:
    """One import, step by step; what it learns goes into ``summary``."""

    def __init__(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        *,
        mapping: Mapping,
        path: Path,
        now: datetime,
        progress: Progress,
    ) -> None:
        self.settings, self.connection, self.source, self.mapping = settings, connection, source, mapping
        self.path, self.now, self.progress = path, now, progress
        self.record = stage.choose_record(mapping, source)
        self.fields = fields_of(self.record, mapping, source, settings.timezone)
        self.log = Log(settings.lake_path)

    def run(self, dry_run: bool, *, replace: bool = False) -> Summary:
        self.replace = replace
        self.summary = Summary(self.path.name, self.mapping.name, self.record, dry_run)
        self.summary.notes += self.source.notes
        self.summary.read_as = self.source.read_as
        self.summary.unused_columns = self._unused()
        stage.prepare(
            self.connection, self.settings, self.fields, now=self.now, source=f"import:{self.mapping.name}"
        )
        fields = labels.postponed(self.fields, self.record)
        self._check(fields)
        with readable(self.source, self.path.name):
            if self.record == "contact" and not self.mapping.single_contacts:
                refuse_aggregate(self.source, self.summary.unused_columns)
            fields = self._watch("looking at the first rows", lambda: self._look_at_sample(fields))
            with self._drafts(dry_run) as (draft, final):
                self._take(draft, final, fields)
        return self.summary

    def _look_at_sample(self, fields: list[Field]) -> list[Field]:
        """The fields as they are to be read: labels at once where one in the first rows is odd."""
        stage.look_at_sample(self.connection, fields)
        if not any(field.later for field in fields) or self._stand(self.connection.table("sample"), fields):
            return fields
        self._check(self.fields)
        return self.fields

    def _take(self, path: Path, final: Path, fields: list[Field]) -> None:
        broken = self._read(path, fields)
        draft = self._watch(
            "looking for repeats",
            lambda: Draft(self.connection, self.record, path, self._extra(), self.log),
        )
        summary = self.summary
        summary.read = draft.rows + len(broken)
        if summary.read == 0:
            raise BadUse(say("refusal.no_rows", file=self.path.name))
        summary.rejected = summary.read - draft.good
        met = self._watch("comparing with what is there", draft.meet)
        summary.accepted, summary.updated, summary.unchanged = met.accepted, met.updated, met.unchanged
        summary.first_day, summary.last_day = draft.span()
        if moved := doubts.refuse_replacement(draft, self.path.name, allowed=self.replace):
            summary.notes.append(moved)
        if met.conflicting:
            told = {"rows": met.conflicting, "examples": met.examples, "key": KEYS[self.record]}
            summary.notes.append(say("note.conflicting", **told))
        summary.notes += doubts.notes(draft, self.record, self.fields)
        if note := doubts.waiting(self.settings):
            summary.notes.append(note)
        if summary.rejected:
            self._watch("noting what is wrong", lambda: self._reject(broken))
        if not summary.dry_run:
            self._watch("writing", lambda: draft.publish(final, met, self._draw_version))

    def _draw_version(self) -> int:
        # The store's library takes longer to import than most files to read.
        from store import feed, open_store

        with closing(open_store(self.settings.database_url)) as store:
            return feed.draw_version(store)

    def _read(self, draft: Path, fields: list[Field]) -> list[dict[str, Any]]:
        """Write the draft, and count its labels. Broken lines are returned."""
        self._watch("reading", lambda: self._write_draft(draft))
        broken = self._broken_lines()
        if not self._watch("looking at labels", lambda: self._stand(self._rows(draft), fields)):
            self._check(self.fields)
            self._watch("reading every label", lambda: self._write_draft(draft))
            self._watch("looking at labels", lambda: self._stand(self._rows(draft), self.fields))
        return broken

    def _rows(self, draft: Path) -> duckdb.DuckDBPyRelation:
        return self.connection.read_parquet(str(draft))

    def _stand(self, rows: duckdb.DuckDBPyRelation, fields: list[Field]) -> bool:
        """Count the labels. Whether those that were postponed stand as they should."""
        labels.count(self.connection, rows, self.record)
        return labels.stand(self.connection, fields)

    def _unused(self) -> list[str]:
        used = {
            self.source.position(name) for each in self.fields if each.given for name in each.given.columns
        }
        return [name for place, name in enumerate(self.source.columns) if place not in used and name]

    def _check(self, fields: list[Field], *, numbered: bool = False) -> None:
        region = self.settings.default_region
        stage.check(self.source, fields, self.mapping, region, numbered=numbered)

    @contextmanager
    def _drafts(self, dry_run: bool) -> Iterator[tuple[Path, Path]]:
        """Paths of the draft and of the batch; whatever happens, no draft stays behind."""
        if dry_run:
            with tempfile.TemporaryDirectory(prefix="svar-import-") as folder:
                yield Path(folder) / "draft", Path(folder) / "batch"
            return
        draft, final = self.log.new_batch(self.record)
        for old in draft.parent.glob(".draft-*"):
            if time.time() - old.stat().st_mtime > STALE_S:
                old.unlink(missing_ok=True)
        try:
            yield draft, final
        finally:
            for left in draft.parent.glob(f"{draft.name}*"):
                left.unlink(missing_ok=True)

    def _watch(self, text: str, work: Callable[[], T]) -> T:
        """Do the engine's long work in a thread, so that progress can be shown and Ctrl-C is heard."""
        doing = in_background(work)
        try:
            while not wait([doing], timeout=0.2).done:
                self.progress(text, max(0.0, self.connection.query_progress()) / 100)
        except BaseException:
            self.connection.interrupt()
            wait([doing], timeout=STOPPED_S)
            raise
        return doing.result()

    def _write_draft(self, draft: Path) -> None:
        fine = ColumnExpression("fault").isnull()
        rows = [
            CaseExpression(fine, ColumnExpression(name)).otherwise(ConstantExpression(None)).alias(name)
            if name in {KEYS[self.record], "day"}
            else ColumnExpression(name)
            for name in [*SCHEMAS[self.record].names, *self._extra()]
        ]
        write(self.connection, stage.log_rows(self.connection, self.record).select(*rows), draft)

    def _extra(self) -> list[str]:
        """What a contact's row brings beyond its own kind of the log."""
        given = {each.name for each in self.fields if each.given}
        comment = ["comment"] if "comment" in given else []
        return comment + (["phone_key"] if {"phone", "customer_id"} <= given else [])

    def _broken_lines(self) -> list[dict[str, Any]]:
        broken = report.broken_lines(self.connection)
        if any("ENCODING" in line["kind"] for line in broken):
            raise BadUse(say("refusal.not_utf8", file=self.path.name, where=undecodable(self.path)))
        return broken

    def _reject(self, broken: list[dict[str, Any]]) -> None:
        """Write down every fault, and count them by field and reason."""
        self._check(self.fields, numbered=True)
        found = report.faults(self.connection, self.source, self.fields, self.record, broken)
        counts: Counter[tuple[str, str]] = Counter()
        zeros = 0
        with _rejects_file(self.settings, self.summary, self.now) as write:
            for fault in found:
                counts[fault["field"], fault["reason"]] += 1
                zeros += fault["field"] == "score" and bool(re.fullmatch(r" *0+(\.0*)? *", fault["value"]))
                write(fault)
                if len(self.summary.examples) < EXAMPLES:
                    self.summary.examples.append(fault)
        if zeros:
            self.summary.notes.append(doubts.zeros(zeros))
        self.summary.faults = [
            {"field": name, "reason": reason, "rows": rows}
            for (name, reason), rows in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        ]


def harmless(value: Any) -> Any:
    """A value that a spreadsheet shows as it is written, and does not work out as a formula."""
    begins = isinstance(value, str) and (value.lstrip()[:1] in [*"=+-@"] or value[:1] in [*"\t\r\n"])
    return f"'{value}" if begins and not re.fullmatch(NUMBER, value) else value


def _report_path(settings: Settings, summary: Summary, now: datetime, ending: str) -> Path:
    folder = settings.home / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{now:%Y%m%dT%H%M%S%f}-{Path(summary.file).stem}.{ending}"


@contextmanager
def _rejects_file(
    settings: Settings, summary: Summary, now: datetime
) -> Iterator[Callable[[dict[str, Any]], object]]:
    """Where faults are written (not in a dry run); for the owner only, as refused values may be personal."""
    if summary.dry_run:
        yield lambda _fault: None
        return
    path = _report_path(settings, summary, now, "rejects.csv")
    summary.rejects_file = str(path)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["row", "field", "value", "reason"])
        writer.writeheader()
        yield lambda fault: writer.writerow({name: harmless(each) for name, each in fault.items()})


def _keep_summary(settings: Settings, summary: Summary, now: datetime) -> None:
    path = _report_path(settings, summary, now, "summary.json")
    summary.summary_file = str(path)
    path.write_text(json.dumps(asdict(summary), indent=2, ensure_ascii=False) + "\n")
