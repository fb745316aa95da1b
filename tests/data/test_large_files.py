"""A file that is larger than the memory it may take: what an import holds does not grow with the file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lake.duck import connect
from settings import PROJECT_ROOT

ALLOWED = 250  # MB for the engine
LIBRARIES = 350  # MB at most for the interpreter, its libraries and what the engine does not count
ROWS = 400_000
TIMES = 6  # as large is the second file: about 350 MB
IMPORT = """
import json, re, sys
from datetime import UTC, datetime
from pathlib import Path
from data.files import importer, mapping
from settings import Settings
importer.MEMORY = sys.argv[3] + "MB"
connect = importer.connect
def narrow(**given):
    # Each thread has buffers of its own: the figures must not depend on the machine's.
    connection = connect(**given)
    connection.execute("set threads = 2")
    return connection
importer.connect = narrow
settings = Settings(home=Path(sys.argv[2]), _env_file=None)
made = mapping.read(b'record = "contact"\\nby_name = true', "own")
summary = importer.run(settings, Path(sys.argv[1]), made, now=datetime(2026, 4, 1, tzinfo=UTC))
# The resource module would count what the process that started this one held.
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
counts = {name: getattr(summary, name) for name in ("read", "accepted", "rejected")}
print(json.dumps(counts | {"peak": peak}))
"""


def written(path: Path, rows: int) -> Path:
    """Contacts in no order of days, each hundredth wrong and each tenth repeated."""
    with connect() as connection:
        connection.execute(
            f"""
            copy (
                select 'c-' || if(i % 10 = 0, i - i % 100, i) as contact_id,
                    strftime(timestamp '2025-01-01' + to_minutes((hash(i) % 500000)::bigint),
                        '%Y-%m-%dT%H:%M:%SZ') as ended_at,
                    'customer-' || hash(i) as customer_id, 'Partner ' || i % 5 as partner,
                    'a-' || i % 800 as agent,
                    'Topic ' || hash(i) % 25 as topic, if(i % 100 = 1, -1, hash(i) % 900) as talk_s,
                    repeat('-', 80) as unused
                from range({rows}) as made (i)
            ) to '{path}' (header true)
            """
        )
    return path


def imported(path: Path, home: Path) -> dict[str, float]:
    command = [sys.executable, "-c", IMPORT, str(path), str(home), str(ALLOWED)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT_ROOT)
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_what_an_import_holds_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = imported(written(tmp_path / "small.csv", ROWS), tmp_path / "one")
    large = imported(written(tmp_path / "large.csv", TIMES * ROWS), tmp_path / "two")
    for found, rows in ((small, ROWS), (large, TIMES * ROWS)):
        # Of each hundred one is wrong, and ten are one contact.
        assert (found["read"], found["accepted"], found["rejected"]) == (rows, rows * 90 // 100, rows // 100)
    grown = ((tmp_path / "large.csv").stat().st_size - (tmp_path / "small.csv").stat().st_size) / 2**20
    assert grown > ALLOWED
    assert large["peak"] - small["peak"] < grown / 2
    assert large["peak"] < ALLOWED + LIBRARIES
