"""The rows of a small real lake, and reading what a page shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

MAIN = str(Path(__file__).parents[2] / "dashboard" / "shell" / "main.py")
LAST_DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
# What the two partners' customers gave, in turn: Nord's are happier, and no score is the same.
SCORES = {"Nord": [10, 9, 9, 8], "Sør": [6, 4, 5, 3]}
TEAMS = {"Nord": ["Tind", "Egg"], "Sør": ["Kai"]}
TOPICS = {"Nord": "Flytting", "Sør": "Faktura"}


def contact(number: int, partner: str, day: date, **given: Any) -> dict[str, Any]:
    """One row of the log, as a file with scores brings it."""
    ended = datetime(day.year, day.month, day.day, 11, tzinfo=UTC) + timedelta(seconds=number)
    row = {
        "contact_id": f"{partner}-{day}-{number}",
        "source": "import:test",
        "day": day,
        "hour": 12,
        "ended_at": int(ended.timestamp()),
        "partner": partner,
        "team": TEAMS[partner][number % len(TEAMS[partner])],
        "agent": f"{partner}-{number % 3}",
        "channel": "phone" if number % 2 else "chat",
        "topic": TOPICS[partner],
        "language": "nb",
        "customer_key": f"{partner}{number}",
        "identified": True,
        "answered": True,
        "talk_s": 200 + number,
        "hold_s": 10,
        "wrap_s": 30,
        "handling_s": 240 + number,
        "case_id": "",
        "self_service_first": number % 3 != 0,
        "closed_automatically": False,
        "asked": True,
        "score": SCORES[partner][number % 4],
        "score_at": int(ended.timestamp()) + 60,
        "hit": number % 5 == 0,
        "accepted_us": int(NOW.timestamp() * 1_000_000),
        "seq": 0,
    }
    return {**row, **given}


def rows(days: int = 15, per_day: int = 12) -> list[dict[str, Any]]:
    return [
        contact(number, partner, LAST_DAY - timedelta(days=day))
        for partner in SCORES
        for day in range(days)
        for number in range(per_day)
    ]


def opened(app: AppTest, name: str) -> AppTest:
    """Goes to a page, as a click in the navigation does."""
    if name != "comparison":
        app._page_hash = calc_hash(name)  # its own switch_page knows pages that are files
    return app.run()


def shown(app: AppTest) -> str:
    """Every word on the page: titles, our own blocks, captions and the choices offered."""
    assert not app.exception, app.exception
    blocks = [body for element in app.get("html") if not (body := element.proto.body).startswith("<style>")]
    texts = [
        str(getattr(element, "value", ""))
        for kind in ("title", "subheader", "caption", "markdown")
        for element in app.get(kind)
    ]
    choices = [str(option) for box in app.selectbox for option in box.options]
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    return "\n".join([*blocks, *texts, *choices, *charts]).replace("\u00a0", " ")
