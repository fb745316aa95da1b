"""Is this customer asked? One pure function of the contact, its history, the rules and the time.

Nothing here reads a clock, a database or a setting, so every decision can be repeated from what is on
record. The order of the rules is the order in which they stand in :func:`decide`; the first that applies
gives the reason. ``eligible`` follows the definition of coverage (answered, mobile number, not opted out,
not closed automatically, not asked by its source) whatever the reason: who is left out by the slot,
sampling, caps or hours stays eligible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from settings import Settings
from surveys.asking.quiet_hours import is_quiet, quiet_ends

RULE_VERSION = "2026-12.1"

NumberClass = Literal["mobile", "no_number", "invalid_number", "not_mobile"]


@dataclass(frozen=True)
class Facts:
    """What is known of one contact. Times are epoch seconds, durations seconds."""

    contact_id: str
    number: NumberClass
    phone: str
    ended_at: int
    received_at: int
    answered: bool = True
    handling_s: int | None = None
    closed_automatically: bool = False
    asked_by_source: bool = False  # where the source asks its customers itself, nobody else does
    partner: str = ""
    channel: str = ""


@dataclass(frozen=True)
class History:
    """What happened before with this number, this customer, and today in all."""

    opted_out: bool = False
    unreachable: bool = False  # the carrier has lately said that this number cannot be reached, for good
    last_sent_at: int | None = None  # the number's latest opening SMS, whoever's contact it was
    asked_in_30_days: int = 0
    sent_today: int = 0
    cost_today: float = 0.0


@dataclass(frozen=True)
class Rules:
    """The rules as they are set; defaults are those of the settings."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None = (time(21), time(9))
    interval_s: int = 86_400  # between two openings to one number
    min_handling_s: int = 0
    max_age_s: int = 7_200
    give_up_s: int = 64_800
    monthly_cap: int = 0
    sample_share: float = 1.0
    sample_shares: Mapping[str, float] = field(default_factory=dict)
    daily_cap: int = 0
    daily_cost_cap: float = 0.0
    segment_cost: float = 0.6
    test_numbers: frozenset[str] = frozenset()
    sending: Literal["off", "test", "on"] = "on"

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        return cls(
            zone=settings.zone,
            quiet=settings.quiet,
            interval_s=settings.survey_interval_s,
            min_handling_s=settings.min_handling_s,
            max_age_s=settings.max_age_s,
            give_up_s=settings.give_up_s,
            monthly_cap=settings.monthly_cap,
            sample_share=settings.sample_share,
            sample_shares=settings.sample_shares,
            daily_cap=settings.daily_cap,
            daily_cost_cap=settings.daily_cost_cap,
            segment_cost=settings.segment_cost,
            test_numbers=frozenset(settings.test_numbers),
            sending=settings.sending_mode,
        )


@dataclass(frozen=True)
class Verdict:
    """``ask`` now, ``skip`` for good, or ``wait`` until ``due_at`` (epoch seconds)."""

    action: Literal["ask", "skip", "wait"]
    reason: str
    eligible: bool
    due_at: int | None = None


def decide(facts: Facts, history: History, rules: Rules, now: datetime) -> Verdict:
    """Whether this contact's customer is asked, with the reason. ValueError on a naive ``now``."""
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    at = int(now.timestamp())
    eligible = _is_eligible(facts, history, rules)
    reason = _never(facts, history, rules)
    if reason:
        return Verdict("skip", reason, eligible)
    # A sender whose clock runs a little ahead is no reason to wait; a contact that has yet to end is.
    if facts.ended_at > at + 60:
        return Verdict("wait", "not_ended", eligible, facts.ended_at)
    if rules.quiet and is_quiet(now, rules.quiet, rules.zone):
        due = int(quiet_ends(now, rules.quiet, rules.zone).timestamp())
        if due - facts.ended_at > rules.give_up_s:
            return Verdict("skip", "quiet_hours", eligible)
        return Verdict("wait", "quiet_hours", eligible, due)
    if at - facts.ended_at > rules.give_up_s:
        return Verdict("skip", "given_up", eligible)
    reason = _not_now(history, rules, at)
    # Last, so that what is left out for it is what would have gone out.
    if not reason and not goes_out(facts.phone, rules):
        reason = "sending_off"
    return Verdict("skip", reason, eligible) if reason else Verdict("ask", "asked", eligible)


def _is_eligible(facts: Facts, history: History, rules: Rules) -> bool:
    return (
        facts.answered
        and facts.number == "mobile"
        and not history.opted_out
        and not facts.closed_automatically
        and not facts.asked_by_source
        and facts.phone not in rules.test_numbers  # our own phones are nobody's customer
    )


def _never(facts: Facts, history: History, rules: Rules) -> str:
    """The rule that speaks against asking whatever the hour, or ""."""
    handled_s = rules.min_handling_s if facts.handling_s is None else facts.handling_s
    checks = (
        (facts.asked_by_source, "asked_by_source"),
        (not facts.answered, "not_answered"),
        (facts.closed_automatically, "closed_automatically"),
        (facts.number != "mobile", facts.number),
        (facts.phone in rules.test_numbers and rules.sending != "test", "test_number"),
        (history.opted_out, "opted_out"),
        (history.unreachable, "unreachable"),
        (handled_s < rules.min_handling_s, "too_short"),
        (facts.received_at - facts.ended_at > rules.max_age_s, "too_old"),
        (not in_sample(facts.contact_id, share_of(facts.partner, facts.channel, rules)), "sampled_out"),
    )
    return next((reason for applies, reason in checks if applies), "")


def goes_out(phone: str, rules: Rules) -> bool:
    """Whether a message to this number is sent at all, as sending is set."""
    return rules.sending == "on" or (rules.sending == "test" and phone in rules.test_numbers)


def _not_now(history: History, rules: Rules, at: int) -> str:
    """The rule that speaks against asking at this moment, or ""."""
    if history.last_sent_at is not None and at - history.last_sent_at < rules.interval_s:
        return "recently_asked"
    if rules.monthly_cap and history.asked_in_30_days >= rules.monthly_cap:
        return "capped"
    if rules.daily_cap and history.sent_today >= rules.daily_cap:
        return "capped"
    if rules.daily_cost_cap and history.cost_today + rules.segment_cost > rules.daily_cost_cap:
        return "capped"
    return ""


def share_of(partner: str, channel: str, rules: Rules) -> float:
    """The sampling share: of ``partner/channel``, else ``partner``, else ``*/channel``, else of all."""
    shares = rules.sample_shares
    for key in (f"{partner}/{channel}", partner, f"*/{channel}"):
        if key in shares:
            return shares[key]
    return rules.sample_share


def in_sample(contact_id: str, share: float) -> bool:
    """Whether a contact is in the sample: the same answer every time, whoever asks."""
    if share >= 1:
        return True
    digest = hashlib.sha256(b"svar sample " + contact_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def utc(at: int) -> datetime:
    """Epoch seconds as an aware time."""
    return datetime.fromtimestamp(at, UTC)
