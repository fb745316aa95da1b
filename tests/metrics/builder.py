"""A process that adds contacts and builds until it is killed."""

from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from lake.log import Log
from metrics.build.refresh import build, refresh
from settings import Settings
from store import open_store
from tests.metrics.given import NOON, contact, days


def work(home: Path, begun: Connection) -> None:
    """Tell when it begins, and go on for ever."""
    settings = Settings(home=home)
    store, log = open_store(settings.database_url), Log(settings.lake_path)
    with store.write() as connection:
        # Whoever held it is dead: this test kills them.
        connection.exec_driver_sql("delete from lease")
    begun.send("begun")
    for number in itertools.count():
        row = contact(f"{os.getpid()} {number}", at=NOON + days(number % 3))
        log.append("contact", [row | {"accepted_us": number, "seq": 0}])
        bring = build if number % 2 else refresh
        bring(settings, store, datetime.now(UTC))
