"""`python -m surveys`: the sender as a process of its own, and questions about single contacts and texts."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from types import FrameType
from typing import Annotated, Any

import typer

from settings import Settings
from store import Store, open_store

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The survey side of Svar.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command()
def worker() -> None:
    """Send surveys until stopped (Ctrl-C or SIGTERM); what is in flight is waited for."""
    from surveys.gateways import make_gateway
    from surveys.worker import Worker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    settings = Settings()
    store = open_store(settings.database_url)
    stop = threading.Event()
    sender = Worker(settings, store, make_gateway(settings, store))

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        sender.wake()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    sender.run(stop)
    store.close()


@app.command()
def read(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; none = one per line.")] = None,
    as_json: Json = False,
) -> None:
    """Show how replies would be read."""
    from surveys.reading import read as read_text

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
    from surveys.explain import explain as story_of
    from surveys.explain import tell

    settings = Settings()
    story = story_of(_store(settings), contact_id)
    if story is None:
        sys.exit(f"No live contact {contact_id} is on record. (Contacts from files are not asked: imported.)")
    if as_json:
        _print_json(story)
    else:
        print("\n".join(tell(story, settings.zone)))


@app.command()
def forget(phone_or_customer: str, as_json: Json = False) -> None:
    """Forget a person everywhere: number, texts and pseudonym. Scores stay, nobody's."""
    from metrics import build
    from surveys.forget import forget as forget_person

    settings, now = Settings(), datetime.now(UTC)
    store = _store(settings)
    done = forget_person(settings, store, phone_or_customer, now)
    if done.since is not None:
        build(settings, store, now, done.since)
    if as_json:
        _print_json({**asdict(done), "since": done.since and done.since.isoformat()})
    else:
        print(f"Forgotten: {done.contacts} contacts, {done.replies} replies, {done.files} files of the log.")


def _print_json(value: Any) -> None:
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _store(settings: Settings) -> Store:
    return open_store(settings.database_url)


if __name__ == "__main__":
    app()
