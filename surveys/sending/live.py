"""Going live: what must be in order before surveys are sent to customers, and what would have been sent."""

from __future__ import annotations

import getpass
import logging
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import distinct, func, select

from settings import Settings
from store import Store
from store import lease as lease_of
from store.deeds import deeds, note_down
from store.schema import decision, record
from surveys.ledger import faults
from surveys.questions import lint, questions
from surveys.questions.segments import pack

REACHED = "carrier:reached"  # the note of the public address that the carrier has called
SUBJECT = "sending"  # of what is written down when sending is switched
NOT_LIVE = "sending_not_live"  # the alarm while more was asked for than is in order
log = logging.getLogger(__name__)

MISSING = {
    "public_url": "SVAR_PUBLIC_URL is not set, so the carrier cannot call",
    "reached": "the carrier has not reached the public address yet (text your own phone: SVAR_SENDING=test)",
    "cap": "there is no cap (SVAR_DAILY_CAP or SVAR_DAILY_COST_CAP)",
}


class Reach:
    """Notes once a process that the carrier has reached the public address: its signature was right."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store, self._noted = settings, store, False

    def was_reached(self) -> None:
        """Never waits, and never fails: what is not noted now is with the next call."""
        if self._noted or self._settings.gateway == "phone":
            return
        self._noted = True
        threading.Thread(target=self._note, name="svar-reached", daemon=True).start()

    def _note(self) -> None:
        try:
            lease_of.note(self._store, REACHED, self._settings.base_url, int(time.time()))
        except Exception:
            self._noted = False


def missing(settings: Settings, store: Store) -> list[str]:
    """What is not in order for sending to customers, keys of ``MISSING``; the built-in phones need nothing.

    QuestionsError where a wording must not be sent.
    """
    lint.checked(settings)
    if settings.gateway == "phone":
        return []
    there = {
        "public_url": bool(settings.public_url),
        "reached": lease_of.noted(store, REACHED) == settings.base_url,
        "cap": bool(settings.daily_cap or settings.daily_cost_cap),
    }
    return [name for name, is_there in there.items() if not is_there]


def checked(settings: Settings, store: Store, now: datetime) -> Settings:
    """The settings with sending as it may be: where something is missing ``on`` becomes ``test``.

    Then an alarm says what. A switch is written down with who made it.
    """
    lacks = missing(settings, store) if settings.sending_mode == "on" else []
    mode = "test" if lacks else settings.sending_mode
    if lacks:
        why = "; ".join(MISSING[name] for name in lacks)
        faults.raise_alarm(store, NOT_LIVE, f"Nothing is sent to customers: {why}. Then start again.", now)
    else:
        faults.clear(store, NOT_LIVE, now)
    before = deeds(store, SUBJECT, ["mode"])
    if not before or before[-1].what != mode:
        with store.write() as connection:
            note_down(connection, SUBJECT, "mode", mode, who=_who(), now=now, note=", ".join(lacks))
        log.warning("Sending is %s (it was %s).", mode, before[-1].what if before else "never set")
    return settings.model_copy(update={"sending": mode})


def _who() -> str:
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return "the system"


def rehearsed(settings: Settings, store: Store, since: datetime) -> list[dict[str, Any]]:
    """What would have gone out while sending was off, day by day: messages, numbers, segments and NOK.

    One row per local day of the decision and language, with the wording as it would have been.
    """
    wordings = questions.load().opening.text
    language = func.coalesce(record.c.payload["language"].as_string(), "")
    day = func.coalesce(record.c.payload["day"].as_string(), "")
    query = (
        select(day, language, func.count(), func.count(distinct(decision.c.phone)))
        .outerjoin(record, (record.c.kind == "contact") & (record.c.record_id == decision.c.contact_id))
        .where(decision.c.reason == "sending_off", decision.c.decided_at >= int(since.timestamp()))
        .group_by(day, language)
        .order_by(day, language)
    )
    found = []
    with store.read() as connection:
        for on, spoken, messages, numbers in connection.execute(query):
            body = questions.say(
                wordings, spoken or "nb", {"company": settings.company, "agent": "", "link": ""}
            )
            segments = pack(body).segments * messages
            found.append(
                {
                    "day": on,
                    "language": spoken or "nb",
                    "messages": messages,
                    "numbers": numbers,
                    "segments": segments,
                    "cost": round(segments * settings.segment_cost, 2),
                    "wording": body,
                }
            )
    return found
