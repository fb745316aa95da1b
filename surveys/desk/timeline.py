"""The story of one contact as lines to read: what happened, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from surveys.asking.decision_codes import in_words

_SENT = {
    "opening": "SMS: the question",
    "follow_up": "SMS: a follow-up ({question})",
    "clarification": "SMS: please clarify ({question})",
}
_READ = {
    "score": "the score {score}",
    "answer": "an answer",
    "text": "words, which were asked for",
    "unclear": "unclear",
    "opt_out": "a stop",
    "opt_in": "a start",
    "courtesy": "a courtesy, which is no answer",
    "": "not read yet",
}
_DID: dict[str, str] = {
    "settled": "{who} said what the reply “{body}” means: {note}.",
    "unsettled": "{who} took back what the reply “{body}” was said to mean.",
    "handled": "{who} took care of the reply “{body}”{note}.",
    "put_back": "{who} put the reply “{body}” back into the queue.",
}
_BY = {"sms": "by SMS", "web": "on the rating page", "hand": "as a person has read it"}
# Reckoned from others of the same change, so nobody changed them.
_RECKONED = {"day", "hour"}
Event = tuple[str, int, str]  # when (ISO), what comes first within a second, the line


def tell(story: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """The story of :func:`surveys.desk.explain.explain` as lines, in local time."""
    facts = story["contact"]
    named = [
        f"{name} {facts.get(name)}" for name in ("partner", "team", "agent", "channel") if facts.get(name)
    ]
    number = "no phone number" if story["phone"] == "none" else f"phone {story['phone']}"
    lines = [f"Contact {story['contact_id']}: {', '.join([*named, number])}."]
    # Within a second in their order: what came in, what was decided, what was sent, what came back.
    for at, _, line in sorted(_events(story, zone), key=lambda event: event[:2]):
        lines.append(f"{_local(at, zone)}  {line}")
    return [*lines, *_now(story, zone)]


def _events(story: dict[str, Any], zone: ZoneInfo) -> Iterator[Event]:
    decided = story["decision"]
    ended_at = _first(story, "ended_at")
    source = {"api": " by the API", "hand": ", registered by hand"}.get(story["contact"].get("source"), "")
    ended = f"; it ended at {_local(_iso(ended_at), zone)}" if ended_at else ""
    yield decided["created_at"], 0, f"It came in{source}{ended}."
    yield from _decisions(story, zone)
    for change in story["changes"]:
        yield change["at"], 1 if change["before_decision"] else 6, _change(change, zone)
    for sent in story["messages"]:
        rank = 3 if sent["purpose"] == "opening" else 5
        yield sent["created_at"], rank, _message(sent)
        for told in sent["statuses"]:
            error = f" (error {told['error']})" if told["error"] else ""
            yield told["at"], rank, f"  The carrier says: {told['status']}{error}."
    for came in story["replies"]:
        yield came["received_at"], 4, _reply(came)
    for given in story["answers"]:
        if given["source"] == "web":
            what = f"{given['question']} {_value(given)}"
            yield given["answered_at"], 4, f"Answered on the rating page: {what}."
    bodies = {came["sid"]: came["body"] for came in story["replies"]}
    for deed in story["deeds"]:
        yield deed["at"], 6, _deed(deed, bodies)


def _first(story: dict[str, Any], name: str) -> Any:
    """A fact as it first came in."""
    for change in story["changes"]:
        if name in change["fields"]:
            return change["fields"][name][0]
    return story["contact"].get(name)


def _decisions(story: dict[str, Any], zone: ZoneInfo) -> Iterator[Event]:
    decided = story["decision"]
    for was in story["decisions"]:
        if was["state"] == "waiting":
            yield was["at"], 1, f"It had to wait ({was['reason']}): {in_words(was['reason'])}"
    if not decided["decided_at"]:
        return
    verb = "asked" if decided["state"] == "asked" else "not asked"
    before = story["asked_before"]
    blame = f" That was for contact {before['contact_id']} at {_local(before['at'], zone)}." if before else ""
    why = "No rule spoke against it." if decided["state"] == "asked" else decided["why"]
    rules = f" Rules {decided['rule_version']}." if decided["rule_version"] else ""
    reason = "" if decided["state"] == "asked" else f" ({decided['reason']})"
    yield decided["decided_at"], 2, f"Decided: {verb}{reason}. {why}{blame}{rules}"


def _change(change: dict[str, Any], zone: ZoneInfo) -> str:
    names = ", ".join(
        f"{name} {_shown(name, old, zone)} → {_shown(name, new, zone)}"
        for name, (old, new) in change["fields"].items()
        if name not in _RECKONED
    )
    when = "" if change["before_decision"] else " after the decision, which stands"
    return f"Its facts were changed{when}: {names or 'in what is not kept (a number or a comment)'}."


def _shown(name: str, value: Any, zone: ZoneInfo) -> str:
    if name.endswith("_at") and isinstance(value, int):
        return _local(_iso(value), zone)
    if value is None or value == "":
        return "nothing"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _message(sent: dict[str, Any]) -> str:
    what = _SENT[sent["purpose"]].format(question=sent["question"])
    error = f", error {sent['error']}" if sent["error"] else ""
    known = f", carrier's id {sent['sid']}" if sent["sid"] else ""
    return f"{what}: {_text(sent['body'])} – now {sent['state']}{error}{known}."


def _reply(came: dict[str, Any]) -> str:
    kind = "unclear" if came["settled_at"] else came["kind"]
    read = _READ.get(kind, kind).format(score=came["score"])
    flags = f"; flagged {', '.join(came['flags'])}" if came["flags"] else ""
    late = "; late" if came["late"] else ""
    asked = f" to {came['question']}" if came["question"] else ""
    parser = f" by parser {came['parser']}" if came["parser"] else ""
    return f"Reply{asked}: {_text(came['body'])}. Read as {read}{parser}{late}{flags}."


def _deed(deed: dict[str, Any], bodies: dict[str, str]) -> str:
    note = f": {deed['note']}" if deed["note"] and deed["what"] == "handled" else deed["note"]
    return _DID[deed["what"]].format(who=deed["who"], body=bodies.get(deed["key"], ""), note=note)


def _now(story: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """How it stands, where that is not the end of what happened."""
    decided = story["decision"]
    if decided["state"] == "waiting":
        return [f"It waits until {_local(decided['due_at'], zone)} ({decided['reason']}): {decided['why']}"]
    answers = [
        f"{given['question']} {_value(given)} ({_BY.get(given['source'], given['source'])})"
        for given in story["answers"]
    ]
    return [f"What counts: {', '.join(answers)}."] if answers else []


def _value(given: dict[str, Any]) -> str:
    return "in words" if given["value"] is None else str(given["value"])


def _text(body: str) -> str:
    return f"“{body}”" if body else "(without text, or it is deleted)"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _local(at: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).strftime("%d.%m.%Y %H:%M:%S") if at else "?"
