"""Spark runs the same SQL and gives the same rows, on a real cluster of two executors."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

from lake.log import Log
from lake.manifest import Lake
from metrics import Scope, open_reader
from metrics.build.audit import check
from metrics.build.refresh import build, build_on_spark, refresh
from metrics.catalog.models import BUILT_KINDS, CUBES, SUMS
from settings import Settings
from store import open_store
from tests.metrics.conftest import cube_of, facts_of
from tests.metrics.given import (
    NOON,
    NOW,
    calls,
    case,
    contact,
    day_of,
    days,
    link,
    logged,
    outcome,
    product,
    sale,
    session,
)

pytest.importorskip("pyspark")
HOUR = 3600


def _fill(log: Log) -> None:
    """Everything that the models distinguish: versions, links, sessions, sales, orphans, odd names."""
    partners = ["A", "B/C", "", "Østfold og omegn kundesenter"]
    rows = [
        contact(
            f"c{i}",
            at=NOON + days(i % 4) + i * HOUR // 7,
            partner=partners[i % 4],
            topic=f"t{i % 3}",
            customer_key=f"{'p' if i % 5 == 0 else 'k'}{i % 11}",
            identified=i % 5 != 0,
            handling_s=None if i % 9 == 0 else 37 * i % 4000,
            wait_s=i % 50,
            self_service_first=(None, None, True, False)[i % 4],
            source=("api", "import:x")[i % 2],
            asked=i % 2 == 1,
            score=1 + i % 10 if i % 2 and i % 3 else None,
            hit=None if i % 6 else True,
            hit_value_minor=None if i % 6 else 1000 * i + 50,
            hour=None if i % 13 == 0 else i % 24,
            answered=i % 8 != 0,
            case_id=f"m{i // 2}" if i % 3 else "",
            score_given=4 if i % 17 == 0 else None,
            score_scale="1-5" if i % 17 == 0 else "",
        )
        for i in range(120)
    ]
    log.append("contact", [logged(row) for row in rows])
    log.append("contact", [logged(row | {"topic": "corrected", "partner": "A"}) for row in rows[:9]])
    told = [outcome(f"c{i}", score=1 + i % 10 if i % 3 else None, late=i % 7 == 0) for i in range(0, 120, 2)]
    log.append("outcome", [logged(row | {"tried_self_service": i % 4 == 0}) for i, row in enumerate(told)])
    log.append("outcome", [logged(outcome("nobody yet", score=4))])
    log.append("sale", [logged(sale(f"s{i}", f"c{3 * i}", value_minor=99 * i + 1)) for i in range(30)])
    log.append("sale", [logged(sale("s1", "c4", currency="EUR"))])
    seen = [session(f"v{i}", f"k{i % 11}", at=NOON - days(2) + i * 5 * HOUR) for i in range(24)]
    log.append("session", [logged(row | {"topic": f"t{i % 4}"}) for i, row in enumerate(seen)])
    closed = [
        case(f"m{i}", at=NOON - days(1), closed_at=None if i % 4 else NOON + i * 7001) for i in range(60)
    ]
    log.append("case", [logged(row) for row in closed])
    log.append("product", [logged(product("fibre", 1500))])
    log.append("calls_offered", [logged(calls(NOON + 900 * (i % 9), offered=9 + i)) for i in range(12)])
    log.append("topic", [logged({"topic": "t1", "need": "value", "ease": None, "contact_cost_minor": None})])
    log.append(
        "hour_cost", [logged({"cost_id": "a", "valid_from": day_of(NOON), "partner": "", "cost_minor": 9})]
    )
    # What cannot be true, one of it mended later.
    log.append("contact", [logged(contact(name, score=11)) for name in ("c1", "never", "mended")])
    log.append("contact", [logged(contact("mended", score=10, source="import:x"))])
    log.append("link", [logged(link("p0", "k3")), logged(link("p5", "k4")), logged(link("p5", "k6"))])


def _rows(home: Settings) -> dict[str, Any]:
    lake = Lake(home.lake_path)
    version = lake.version()
    places = {key: each.rows for key, each in lake.partitions(version).items() if key.table == "contact"}
    facts = facts_of(lake)
    cubes = {cube: cube_of(lake, cube) for cube in (*CUBES, *SUMS)}
    tables = {name: pq.read_table(lake.path / file) for name, file in version.tables.items()}
    found = {"facts": facts, **cubes, **tables}
    return {"places": places} | {
        name: [rows.schema.names, rows.schema.types, *sorted(rows.to_pylist(), key=repr)]
        for name, rows in found.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("master", ["local[2]", "local-cluster[2,1,1024]"])
def test_spark_gives_what_duckdb_gives_row_by_row(tmp_path, master):
    homes = [Settings(home=tmp_path / engine) for engine in ("duckdb", "spark")]
    stores = [open_store(home.database_url) for home in homes]
    _fill(Log(homes[0].lake_path))
    for kind in BUILT_KINDS:
        for file in Log(homes[0].lake_path).files(kind):
            _, copy = Log(homes[1].lake_path).new_batch(kind)
            (copy.parent / file.name).write_bytes(file.read_bytes())
    build(homes[0], stores[0], NOW)
    build_on_spark(homes[1], stores[1], NOW, master)
    theirs, ours = (_rows(home) for home in homes)
    assert ours["facts"] == theirs["facts"]
    assert ours == theirs
    assert not [result for result in check(homes[1]) if result["rows"] and result["level"] == "fail"]

    # What Spark has published, DuckDB goes on with.
    for home, store in zip(homes, stores, strict=True):
        Log(home.lake_path).append("contact", [contact("nobody yet") | {"accepted_us": 10**9, "seq": 0}])
        refresh(home, store, NOW)
        (csat,) = open_reader(home, Scope.everything()).show(["csat"])
        assert csat.n == open_reader(homes[0], Scope.everything()).show(["csat"])[0].n
        build(home, store, NOW)
        store.close()
    assert _rows(homes[1]) == _rows(homes[0])
