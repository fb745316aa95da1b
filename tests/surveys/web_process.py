"""The webhooks alone, as a process: `web_process.py PORT`, with settings from the environment."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

if __name__ == "__main__":
    import uvicorn
    from starlette.applications import Starlette

    from settings import Settings
    from store import open_store
    from surveys.webhooks import routes

    settings = Settings()
    store = open_store(settings.database_url)
    app = Starlette(routes=routes(settings, store, lambda: None))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
