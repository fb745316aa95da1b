"""Step 4d, second half: facts and cubes of the whole log, made anew.

For a first build, for an import of more than there is, and for whoever doubts what is there: nothing that
was published before is looked at. Models run slice by slice and the fold month by month, so that memory
does not grow with the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.duck import connect
from data.log import SCHEMAS
from data.progress import Progress
from metrics import beside, checks, dealing, events, rows, tracked
from metrics.fold import fold, view
from metrics.lake import Base, Lake, Version, keep_rows, new_name
from metrics.models import BESIDE_KINDS, EVENT_KINDS
from metrics.shape import make_facts, signed_schema, time_bins

Connection = duckdb.DuckDBPyConnection

SLICE = 1_000_000  # contacts whose facts are made at once
MEMORY = "4GB"

# Guests have their facts at home.
_FACTS = """
    select *, cast(1 as smallint) as sign, strftime(day, '%Y-%m') as month
    from fact
    where contact_id not in (select contact_id from guest)
"""
# Outcomes whose contact has not come.
ORPHANS = """
    select * from outcome_event where contact_id not in (select contact_id from contact_event)
"""
# What must be there, counted before anything is joined to it.
_PLACES = """
    select partner, cast(day as varchar) as day, count(*) as contacts
    from contact_now
    where contact_id not in (select contact_id from guest)
    group by partner, day
"""


def make(lake: Lake, batches: Sequence[Path], folder: Path, progress: Progress) -> Version:
    """A version to be published, on a base of its own: all of these batches of the log.

    ``folder`` is for what lies in between. CheckError when a check fails.
    """
    files: dict[str, list[str]] = {kind: [] for kind in (*EVENT_KINDS, *BESIDE_KINDS)}
    for file in batches:
        if file.parent.name in files:
            files[file.parent.name].append(str(file))
    making = _Making(lake, files, folder, progress)
    with connect(memory=MEMORY) as whole:
        making.open_log(whole)
        making.run_models(whole)
        found = making.write_beside(whole)
        aside = checks.run(whole)
        orphans = keep_rows(lake, making.orphans, f"delta/{making.name}-orphans")
    base, results = making.fold_months()
    return Version(making.name, 0, base.name, orphans=orphans, checks=(*results, *aside), beside=found)


class _Making:
    def __init__(self, lake: Lake, files: dict[str, list[str]], folder: Path, progress: Progress) -> None:
        self.lake, self.files, self.folder, self.progress = lake, files, folder, progress
        self.name = new_name()
        contacts = sum(pq.read_metadata(file).num_rows for file in files["contact"])
        self.slices = max(1, -(-contacts // SLICE))
        self.contacts: Counter[tuple[str, str]] = Counter()  # by partner and day
        self.sessions: list[pa.Table] = []
        self.orphans = SCHEMAS["outcome"].empty_table()

    def open_log(self, connection: Connection) -> None:
        """Relations ``log_<kind>``, ``set_aside`` and ``tracked_day``."""
        self.progress("reading the log", 0.0)
        events.open_aside(connection, [])
        for kind, files in self.files.items():
            events.open_kind(connection, kind, [], files, files)
            events.mend(connection, kind)
        tracked.open_days(connection, [], "log_session")

    def run_models(self, whole: Connection) -> None:
        """Facts slice by slice, in one file a month each; and what sessions sum up to."""
        if self.slices == 1:
            dealing.open_whole(whole)
            self._run_slice(whole, 0)
            return
        dealing.deal(whole, self.folder, self.slices)
        for number in range(self.slices):
            self.progress("facts", number / self.slices)
            with connect(memory=MEMORY) as connection:
                dealing.open_slice(connection, self.folder, number)
                for name, source in (("tracked_day", "tracked_day"), ("product_event", "log_product")):
                    connection.from_arrow(whole.table(source).to_arrow_table()).create_view(name)
                self._run_slice(connection, number)

    def _run_slice(self, connection: Connection, number: int) -> None:
        run = connection.execute
        make_facts(connection, time_bins())
        connection.sql(_FACTS).write_parquet(
            str(self.folder / "fact"),
            partition_by=["month"],
            filename_pattern=f"{number}-{{uuid}}",
            compression="zstd",
            append=True,
        )
        for partner, day, contacts in run(_PLACES).fetchall():
            self.contacts[partner, day] += contacts
        run("create view counted_session as from session_now")
        beside.sum_up(connection, "session")
        self.sessions.append(connection.table("session_sum").to_arrow_table())
        if number == 0:
            self.orphans = connection.sql(ORPHANS).to_arrow_table()

    def write_beside(self, connection: Connection) -> beside.Files:
        """The tables beside the facts."""
        connection.execute("create view calls_offered_event as from log_calls_offered")
        beside.sum_up(connection, "queue")
        if self.slices > 1:
            connection.from_arrow(pa.concat_tables(self.sessions)).create_view("session_sum")
        return beside.write(self.lake, connection, self.name)

    def fold_months(self) -> tuple[Base, tuple[checks.Result, ...]]:
        """The facts in their places, month by month, with cubes and rows by key; and what the checks say."""
        months = sorted((self.folder / "fact").glob("month=*"))
        base, results = Base(""), []
        # The rows of the log need no month; where there are no contacts either, they are all there is.
        unfolded = {kind: files for kind, files in self.files.items() if kind in rows.KEYS}
        for number, month in enumerate(months or [None]):
            self.progress("cubes and files", number / max(len(months), 1))
            with connect(memory=MEMORY) as connection:
                connection.from_arrow(signed_schema().empty_table()).create_view("no_delta")
                made = [str(file) for file in month.glob("*.parquet")] if month else []
                view(connection, "delta", self.lake, made, like="no_delta")
                base, said = fold(self.lake, base, connection, unfolded=unfolded)
            results.append(said)
            unfolded = {}
        there = {(place.partner, place.day): place.contacts for place in base.places}
        if there != self.contacts:
            wrong = sorted(
                spot for spot in there.keys() | self.contacts if there.get(spot) != self.contacts[spot]
            )
            raise checks.CheckError(f"contacts and facts differ in {len(wrong)} places, e.g. {wrong[:3]}")
        return base, checks.together(results)
