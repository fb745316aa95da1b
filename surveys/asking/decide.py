"""Decide what is due, and claim what is to be sent, in one transaction.

The slot is claimed here, immediately before the post, together with the row of the attempt: after a crash
at any moment the attempt is on record, and what is on record as claimed is never posted again.
"""

from __future__ import annotations

import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, exists, func, select, update

from settings import Settings
from store import Store, bulk, slots
from store.schema import WAITING, decision, message, opt_out, record, slot, survey
from surveys.asking import caps
from surveys.asking.caps import Today
from surveys.asking.phone_class import number_class
from surveys.asking.rules import RULE_VERSION, Facts, History, Rules, Verdict, decide
from surveys.carriers.base import Outgoing
from surveys.ledger import faults
from surveys.ledger import snapshots as outcomes
from surveys.ledger.clock import passed_s
from surveys.ledger.statuses import PERMANENT
from surveys.questions import lint, questions
from surveys.questions.segments import pack

MONTH_S = 30 * 86_400
CHUNK = 1_000  # ids in one statement
FAULT_PAUSE_S = 600
log = logging.getLogger(__name__)
_STATES = {"ask": "asked", "skip": "skipped", "wait": "waiting"}


# Passing faults (30003, 30008) say nothing of the next time.
_LATELY_UNREACHABLE = exists().where(
    message.c.phone == decision.c.phone,
    message.c.created_at > bindparam("lately"),
    message.c.state.in_(("undelivered", "failed")),
    message.c.error.in_(PERMANENT),
)
# The oldest due contacts, theirs only: rows that another worker holds are passed over.
_DUE = (
    select(
        decision.c.contact_id,
        decision.c.phone,
        decision.c.customer_key,
        decision.c.created_at,
        decision.c.due_at,
        record.c.payload,
        slot.c.last_sent_at,
        opt_out.c.phone.label("opted_out"),
        _LATELY_UNREACHABLE.label("unreachable"),
    )
    .outerjoin(record, (record.c.kind == "contact") & (record.c.record_id == decision.c.contact_id))
    .outerjoin(slot, slot.c.phone == decision.c.phone)
    .outerjoin(opt_out, opt_out.c.phone == decision.c.phone)
    .where(WAITING, decision.c.due_at <= bindparam("at"))
    # No order within a second: it would sort all that waited for the morning, for every batch.
    .order_by(decision.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(of=decision, skip_locked=True)
)


class Asker:
    """Decides due contacts for one worker."""

    def __init__(self, settings: Settings, store: Store, worker: str) -> None:
        self._settings = settings
        self._store = store
        self._worker = worker
        self._questions = lint.checked(settings)
        longest = max(w.segments for w in lint.wordings(self._questions, settings) if w.where == "score")
        # Under a cap on cost an opening counts as its longest wording.
        self._rules = replace(Rules.of(settings), segment_cost=settings.segment_cost * longest)
        self._said = lru_cache(maxsize=4_096)(self._worded)

    def decide_due(self, now: datetime, limit: int, clock: int) -> tuple[int, list[Outgoing]]:
        """Decide up to ``limit`` due contacts; returns how many were looked at and what to post.

        ``clock`` is the time of the claims in epoch seconds: never later than ``now``.
        """
        if limit <= 0:
            return 0, []
        with self._store.write() as connection:
            today = caps.today(connection, self._settings, now)
            due = connection.execute(_DUE, _due(now, limit)).all()
            if not due:
                return 0, []
            verdicts = self._verdicts(connection, due, today, now)
            granted = self._claim(connection, verdicts, clock)
            messages = self._open_surveys(connection, granted, now)
            self._record(connection, verdicts, now)
        return len(due), messages

    def _verdicts(
        self, connection: Connection, due: Sequence[Any], today: Today, now: datetime
    ) -> list[tuple[Any, Verdict]]:
        """Decide in order of arrival; of several contacts of one number only the first can be asked."""
        asked_before = self._asked_in_30_days(connection, due, now)
        asked = self._would_have_been_asked(connection, due, now)
        verdicts = []
        for row in due:
            last = max(asked.get(row.phone, 0), row.last_sent_at or 0) or None
            history = History(
                opted_out=row.opted_out is not None,
                unreachable=row.unreachable,
                last_sent_at=last,
                asked_in_30_days=asked_before.get(row.customer_key, 0),
                sent_today=today.messages,
                cost_today=today.cost,
            )
            verdict = self._verdict(connection, row, history, now)
            if verdict.action == "ask" or verdict.reason == "sending_off":
                asked[row.phone] = int(now.timestamp())
                asked_before[row.customer_key] = asked_before.get(row.customer_key, 0) + 1
                today.messages += 1
                today.cost += self._rules.segment_cost
            verdicts.append((row, verdict))
        return verdicts

    def _verdict(self, connection: Connection, row: Any, history: History, now: datetime) -> Verdict:
        """One contact that cannot be decided must not hold up all others: it waits, with an alarm."""
        try:
            return decide(self._facts(row), history, self._rules, now)
        except Exception:
            log.exception("contact %s could not be decided", row.contact_id)
            text = f"Contact {row.contact_id} could not be decided, for a fault of ours; it is tried again."
            faults.raise_in(connection, "contact_fault", text, now)
            return Verdict("wait", "fault", False, int(now.timestamp()) + FAULT_PAUSE_S)

    def _facts(self, row: Any) -> Facts:
        facts, phone = row.payload or {}, row.phone
        return Facts(
            contact_id=row.contact_id,
            number=number_class(phone, demo=self._settings.demo),
            phone=phone or "",
            ended_at=facts.get("ended_at") or row.created_at,
            received_at=row.created_at,
            answered=facts.get("answered") is not False,
            handling_s=facts.get("handling_s"),
            closed_automatically=bool(facts.get("closed_automatically")),
            asked_by_source=bool(facts.get("asked")),
            partner=facts.get("partner") or "",
            channel=facts.get("channel") or "",
        )

    def _asked_in_30_days(self, connection: Connection, due: Sequence[Any], now: datetime) -> dict[str, int]:
        if not self._rules.monthly_cap:
            return {}
        query = (
            select(decision.c.customer_key, func.count())
            .where(
                decision.c.customer_key.in_({row.customer_key for row in due}),
                decision.c.state == "asked",
                decision.c.decided_at > int(now.timestamp()) - MONTH_S,
            )
            .group_by(decision.c.customer_key)
        )
        return dict(connection.execute(query).all())

    def _would_have_been_asked(
        self, connection: Connection, due: Sequence[Any], now: datetime
    ) -> dict[str, int]:
        """When numbers would last have been asked while sending is off: the interval holds then as well."""
        if self._rules.sending == "on":
            return {}
        query = (
            select(decision.c.phone, func.max(decision.c.decided_at))
            .where(
                decision.c.phone.in_({row.phone for row in due if row.phone}),
                decision.c.reason == "sending_off",
                decision.c.decided_at > int(now.timestamp()) - self._rules.interval_s,
            )
            .group_by(decision.c.phone)
        )
        return {phone: at for phone, at in connection.execute(query)}  # noqa: C416 (rows are no pairs to mypy)

    def _claim(self, connection: Connection, verdicts: list[tuple[Any, Verdict]], clock: int) -> list[Any]:
        """Claim the slots; who lost one to another worker in between is skipped for it."""
        wanted = {row.phone: row.contact_id for row, verdict in verdicts if verdict.action == "ask"}
        free = slots.claim(connection, wanted, clock, self._rules.interval_s)
        granted = []
        for index, (row, verdict) in enumerate(verdicts):
            if verdict.action != "ask":
                continue
            if row.phone in free:
                granted.append(row)
            else:
                verdicts[index] = (row, Verdict("skip", "recently_asked", verdict.eligible))
        return granted

    def _open_surveys(self, connection: Connection, granted: Sequence[Any], now: datetime) -> list[Outgoing]:
        if not granted:
            return []
        at = int(now.timestamp())
        again = [row.phone for row in granted if row.last_sent_at is not None]
        if again:
            # One open survey per number: an answer from now on belongs to the new one.
            connection.execute(
                update(survey).where(survey.c.phone.in_(again), survey.c.closes_at > at).values(closes_at=at)
            )
        surveys = [
            self._survey(row, at, token) for row, token in zip(granted, _drawn(len(granted), 16), strict=True)
        ]
        began = passed_s()
        messages = [
            Outgoing(
                f"{at:08x}{attempt.hex()}",  # neighbours in time are neighbours in the index
                row["contact_id"],
                row["phone"],
                self._opening(row["language"], row["agent"], row["token"]),
                at,
                claimed_clock=began,
            )
            for row, attempt in zip(surveys, _drawn(len(surveys), 8), strict=True)
        ]
        bulk.insert_rows(connection, survey, surveys)
        bulk.insert_rows(connection, message, [self._attempt(outgoing) for outgoing in messages])
        return messages

    def _survey(self, row: Any, at: int, token: bytes) -> dict[str, Any]:
        facts = row.payload or {}
        return {
            "contact_id": row.contact_id,
            "token": urlsafe_b64encode(token).rstrip(b"=").decode(),
            "phone": row.phone,
            "language": facts.get("language") or "nb",
            "opened_at": at,
            "closes_at": at + self._settings.answer_window_h * 3_600,
            "question": self._questions.opening.id,
            "messages": 1,
            "day": facts.get("day") or "",
            "agent": (facts.get("agent") or "").split(" ")[0],
            "tried": facts.get("self_service_first"),
        }

    def _opening(self, language: str, agent: str, token: str) -> str:
        # All but the link is the same for the next customer of that agent.
        return self._said(language, agent).replace("{link}", f"{self._settings.base_url}/r/{token}")

    def _worded(self, language: str, agent: str) -> str:
        values = {"company": self._settings.company, "agent": agent}
        text = questions.say(self._questions.opening.text, language, values)
        if self._settings.sms_link:
            text = f"{text} {questions.say(self._questions.link, language, values)}"
        return text

    def _attempt(self, outgoing: Outgoing) -> dict[str, Any]:
        return {
            "message_id": outgoing.message_id,
            "contact_id": outgoing.contact_id,
            "purpose": "opening",
            "question": self._questions.opening.id,
            "phone": outgoing.phone,
            "body": outgoing.body,
            "state": "claimed",
            "created_at": outgoing.claimed_at,
            "worker": self._worker,
            "segments": pack(outgoing.body).segments,
        }

    def _record(self, connection: Connection, verdicts: list[tuple[Any, Verdict]], now: datetime) -> None:
        at = int(now.timestamp())
        alike: dict[Verdict, list[str]] = {}
        snapshots = []
        for row, verdict in verdicts:
            alike.setdefault(verdict, []).append(row.contact_id)
            waits = verdict.action == "wait"
            snapshots.append(
                outcomes.fresh(
                    row.contact_id,
                    (row.payload or {}).get("day") or "",
                    state=_STATES[verdict.action],
                    reason=verdict.reason,
                    eligible=None if waits else verdict.eligible,
                    asked_at=at if verdict.action == "ask" else None,
                )
            )
        for verdict, ids in alike.items():
            for start in range(0, len(ids), CHUNK):
                connection.execute(_decided(verdict, ids[start : start + CHUNK], at))
        outcomes.append_fresh(connection, snapshots, now)


def _due(now: datetime, limit: int) -> dict[str, int]:
    at = int(now.timestamp())
    return {"at": at, "most": limit, "lately": at - MONTH_S}


def _drawn(count: int, size: int) -> list[bytes]:
    """So many unguessable names of ``size`` bytes each, for one call to the system's source."""
    drawn = secrets.token_bytes(count * size)
    return [drawn[start : start + size] for start in range(0, count * size, size)]


def _decided(verdict: Verdict, ids: Sequence[str], at: int) -> Update:
    """Many contacts that were decided alike are one statement."""
    waits = verdict.action == "wait"
    values: dict[str, Any] = {
        "state": _STATES[verdict.action],
        "reason": verdict.reason,
        "eligible": None if waits else verdict.eligible,
        "decided_at": None if waits else at,
        "rule_version": RULE_VERSION,
    }
    if verdict.due_at is not None:
        values["due_at"] = verdict.due_at
    return update(decision).where(decision.c.contact_id.in_(ids)).values(**values)
