"""The webhooks alone, as a process: `web_process.py PORT`, with settings from the environment.

CLOCK_AHEAD_S: by how much this host's clock is ahead of the senders'.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

AHEAD = timedelta(seconds=float(os.environ.get("CLOCK_AHEAD_S", "0")))


class Skewed(datetime):
    """A clock of its own."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + AHEAD


if __name__ == "__main__":
    import uvicorn
    from starlette.applications import Starlette

    from settings import Settings
    from store import open_store
    from surveys.replies import storing
    from surveys.sending.outage import Keeper
    from surveys.web.webhooks import routes

    vars(storing)["datetime"] = Skewed
    settings = Settings()
    store = open_store(settings.database_url)
    keeper = Keeper(settings, store, lambda: None)
    threading.Thread(target=keeper.run, args=(threading.Event(),), daemon=True).start()
    app = Starlette(routes=routes(settings, store, lambda: None))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
