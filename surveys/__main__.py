"""`python -m surveys`: the sender as a process of its own, and questions about single contacts and texts."""

from __future__ import annotations

import getpass
import json
import logging
import signal
import sys
import threading
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy.exc import DBAPIError

from settings import Settings, SettingsError, read_settings
from store import Store, open_store

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The survey side of Svar.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command()
def worker() -> None:
    """Send surveys until stopped (Ctrl-C or SIGTERM); what is in flight is waited for."""
    from surveys.carriers import make_gateway
    from surveys.privacy.retention import keep
    from surveys.questions.questions import QuestionsError
    from surveys.sending.live import checked
    from surveys.sending.worker import Worker
    from surveys.tuning import settle_in

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    settings = _settings()
    store = _store(settings)
    stop = threading.Event()
    try:
        settings = checked(settings, store, datetime.now(UTC))
    except QuestionsError as problem:
        sys.exit(f"Nothing is sent. {problem}")
    sender = Worker(settings, store, make_gateway(settings, store, apart=True))
    keeper = threading.Thread(target=keep, args=(settings, stop), name="svar-keeper", daemon=True)

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        sender.wake()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    settle_in()
    keeper.start()
    sender.run(stop)
    keeper.join(timeout=5)
    store.close()


@app.command()
def clock(
    accept: Annotated[bool, typer.Option("--accept", help="The clock is right now: send again.")] = False,
) -> None:
    """Show whether the clock keeps the sender from sending, and say that it is right."""
    from surveys.ledger import faults as alarms
    from surveys.ledger.due import accept_clock

    store = _store(Settings())
    found = [alarm for alarm in alarms.all_standing(store) if alarm.name == "clock"]
    for alarm in found:
        print(alarm.message)
    if accept:
        accept_clock(store, datetime.now(UTC))
        print("Accepted. Workers that stopped for the clock go on within seconds.")
    elif not found:
        print("Nothing is held up by the clock.")


@app.command()
def reconcile(as_json: Json = False) -> None:
    """Take over what the carrier lists since the restored backup was made, and let sending go on."""
    from surveys.sending.outage import reconcile_restored

    settings = _settings()
    store = _store(settings)
    try:
        counts = reconcile_restored(settings, store, datetime.now(UTC))
    except DBAPIError:
        raise
    except Exception as problem:  # whatever a client of a carrier raises
        sys.exit(f"The carrier could not be asked ({type(problem).__name__}); nothing is sent until it can.")
    replies, statuses = counts or (0, 0)
    if as_json:
        _print_json({"restored": counts is not None, "replies": replies, "statuses": statuses})
    elif counts is None:
        print("The store was not restored from a backup: there is nothing to reconcile.")
    else:
        print(f"Taken over from the carrier: {replies} replies, {statuses} statuses. Sending goes on.")


@app.command("alarms")
def show_alarms(
    clear: Annotated[str, typer.Option(help="Name of an alarm that has been seen to.")] = "",
    as_json: Json = False,
) -> None:
    """List the faults that wait for a person, or clear one."""
    from surveys.ledger import faults as alarms

    store = _store(Settings())
    if clear:
        alarms.clear(store, clear, datetime.now(UTC))
    found = alarms.all_standing(store)
    if as_json:
        _print_json([{"name": a.name, "message": a.message, "raised_at": a.raised_at} for a in found])
    else:
        for alarm in found:
            print(f"{alarm.name}: {alarm.message}")
        if not found:
            print("No alarm stands.")


@app.command()
def read(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; none = one per line.")] = None,
    as_json: Json = False,
) -> None:
    """Show how replies would be read."""
    from surveys.parser.read import read as read_text

    if not texts:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    given = texts or [line.rstrip("\r\n") for line in sys.stdin]
    readings = [(text, read_text(text)) for text in given]
    if as_json:
        rows = [
            {"text": text, "kind": r.kind, "score": r.score, "flags": list(r.flags), "parser": r.parser}
            for text, r in readings
        ]
        _print_json(rows)
        return
    for text, r in readings:
        print(f"{r.kind:8} {r.score or '':>2} {','.join(r.flags):20} {text}")


@app.command()
def explain(contact_id: str, as_json: Json = False) -> None:
    """Tell why a contact was or was not surveyed, and what came of it."""
    from surveys.desk.explain import explain as story_of
    from surveys.desk.timeline import tell

    settings = _settings()
    story = story_of(_store(settings), contact_id)
    if story is None:
        sys.exit(f"No live contact {contact_id} is on record. (Contacts from files are not asked: imported.)")
    if as_json:
        _print_json(story)
    else:
        print("\n".join(tell(story, settings.zone)))


@app.command()
def lint(as_json: Json = False) -> None:
    """Check every wording: length, segments, alphabet, cost, words that must not stand there."""
    from surveys.questions.lint import findings, wordings
    from surveys.questions.questions import QuestionsError, load

    settings = _settings()
    try:
        book = load()
    except QuestionsError as error:
        sys.exit(str(error))
    texts, found = wordings(book, settings), findings(book, settings)
    if as_json:
        _print_json({"wordings": [asdict(w) for w in texts], "findings": [asdict(f) for f in found]})
    else:
        for w in texts:
            print(
                f"{w.where:22} {w.language}  {w.units:4} {w.encoding}  {w.segments} segments"
                f"  {w.cost:8.2f} NOK per 1,000"
            )
        for f in found:
            print(f"{f.level}: {f.where} ({f.language}): {f.message}")
    if any(f.level == "error" for f in found):
        sys.exit(1)


@app.command()
def reread(
    apply: Annotated[bool, typer.Option("--apply", help="Let the new readings count.")] = False,
    as_json: Json = False,
) -> None:
    """Read stored replies again with today's parser and show what would change."""
    from surveys.replies.reread import reread as reread_replies

    changes = reread_replies(_store(_settings()), datetime.now(UTC), apply=apply)
    if as_json:
        _print_json([asdict(change) for change in changes])
    else:
        for change in changes:
            print(f"{change.sid}: {change.before} → {change.after}")
        print(f"{len(changes)} replies read differently" + ("." if apply else "; nothing changed (--apply)."))


@app.command()
def unclear(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100, as_json: Json = False
) -> None:
    """List the replies that nobody could read and nobody has settled."""
    from surveys.desk.queue import unclear as waiting

    found = waiting(_store(_settings()), limit)
    if as_json:
        names = ("sid", "contact_id", "body", "question", "flags", "partner", "team", "agent")
        told = [{name: getattr(one, name) for name in names} for one in found]
        _print_json(
            [row | {"received_at": one.received_at.isoformat()} for row, one in zip(told, found, strict=True)]
        )
    else:
        for one in found:
            print(f"{one.sid}  contact {one.contact_id}  “{one.body}”")


@app.command()
def settle(
    sid: str,
    score: Annotated[str, typer.Argument(help="1-10 (1 = yes, 2 = no where that was asked), or none.")],
    who: Annotated[str, typer.Option(help="Who says so; else the user of this machine.")] = "",
) -> None:
    """Say what an unclear reply means."""
    from surveys.desk.queue import settle as settle_reply

    if score != "none" and score not in {str(number) for number in range(1, 11)}:
        raise typer.BadParameter("a score is a number from 1 to 10, or none")
    value = None if score == "none" else int(score)
    try:
        done = settle_reply(_store(_settings()), sid, value, datetime.now(UTC), who=who or getpass.getuser())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not done:
        sys.exit(f"No unclear reply {sid} waits to be settled.")


@app.command()
def forget(phone_or_customer: str, as_json: Json = False) -> None:
    """Forget a person everywhere: number, texts and pseudonym. Scores stay, nobody's."""
    from metrics.build.refresh import build
    from surveys.privacy.forget import forget as forget_person

    settings, now = _settings(), datetime.now(UTC)
    if not phone_or_customer.strip():
        raise typer.BadParameter("say whom: a phone number, or the number of a customer")
    store = _store(settings)
    done = forget_person(
        settings, store, phone_or_customer.strip(), now, lambda since: build(settings, store, now, since)
    )
    if as_json:
        _print_json({**asdict(done), "since": done.since and done.since.isoformat()})
    elif not done.nobody:
        print(
            f"Forgotten: {done.contacts} contacts, {done.replies} replies, {done.records} records,"
            f" {done.files} files of the log."
        )
        if not done.traces:
            print("Store, lake, home and temporary folders: no number and no pseudonym is left.")
    if done.traces:
        sys.exit("Not all is gone; run this again. Still in: " + ", ".join(done.traces))
    if done.nobody:
        _say_nobody(phone_or_customer, settings)


@app.command()
def rehearsal(
    days: Annotated[int, typer.Option(min=1, help="So many days back.")] = 30, as_json: Json = False
) -> None:
    """Show what would have gone out while sending was off: how many messages, to how many, at what cost."""
    from surveys.sending.live import rehearsed

    settings = _settings()
    rows = rehearsed(settings, _store(settings), datetime.now(UTC) - timedelta(days=days))
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(
            f"{row['day']}  {row['messages']} messages ({row['language']}) to {row['numbers']} numbers,"
            f" {row['segments']} segments, {row['cost']:.2f} NOK: “{row['wording']}”"
        )
    if not rows:
        print("Nothing would have gone out: nobody was due, or sending was not off (SVAR_SENDING).")


@app.command()
def prune(as_json: Json = False) -> None:
    """Delete phone numbers and texts that are too old to be kept. A running Svar does it by itself."""
    from surveys.privacy.retention import prune as prune_store

    settings = _settings()
    done = prune_store(settings, _store(settings), datetime.now(UTC))
    if as_json:
        _print_json(asdict(done))
    else:
        print(
            f"Deleted: {done.numbers} numbers, {done.texts} texts, {done.events} events that the log holds,"
            f" {done.comments} comments of the log."
        )


def _say_nobody(who: str, settings: Settings) -> NoReturn:
    """Exit 1 for a number that nobody has, 2 for what is neither a number nor a known customer."""
    from data.records.identity import to_e164

    if to_e164(who, settings.default_region):
        sys.exit("Nobody with that phone number is on record: there was nothing to forget.")
    print("That is neither a phone number nor the number of a customer on record.", file=sys.stderr)
    sys.exit(2)


def _print_json(value: Any) -> None:
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)


def _store(settings: Settings) -> Store:
    try:
        return open_store(settings.database_url)
    except OSError as problem:
        sys.exit(str(problem))


def main() -> None:
    """Run a command; a store that fails meanwhile is told in a sentence."""
    try:
        app()
    except DBAPIError as problem:
        sys.exit(f"The store failed, and nothing more was done: {problem.orig}")


if __name__ == "__main__":
    main()
