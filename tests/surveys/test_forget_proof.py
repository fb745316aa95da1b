"""Forgetting: what was interrupted ends the same, waits for builders, and looks at what is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from data.api.intake import accept
from data.records.identity import customer_key, phone_key
from lake import manifest
from lake.log import Log
from metrics.build.refresh import build
from settings import Settings
from store import Store
from store.lease import held
from surveys.privacy import forget as forgetting
from surveys.privacy.forget import BusyError, Forgotten, forget
from surveys.privacy.traces import traces
from tests.metrics.given import contact, logged
from tests.surveys.conftest import NOON, PHONE

LATER = NOON + timedelta(days=2)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def lake(settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Facts of a person known by number and customer number; no reader holds them for long."""
    for name, fields in (("c1", {"customer_id": "kunde-17"}), ("c2", {})):
        item = {"contact_id": name, "ended_at": NOON.isoformat(), "phone": PHONE, "partner": "Nord", **fields}
        item["comment"] = "hilsen Ola Dunk"
        accept(sqlite_store, settings, "contact", [item], NOON)
    build(settings, sqlite_store, NOON)
    monkeypatch.setattr(manifest, "GRACE_S", 0)
    (settings.home / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(settings.home / "tmp"))
    return settings.lake_path


def keys(settings: Settings) -> set[str]:
    secret = settings.pseudonym_secret
    return {customer_key(secret, "kunde-17", None), phone_key(secret, PHONE)}


def rebuild(settings: Settings, store: Store) -> Callable[[object], object]:
    return lambda since: build(settings, store, LATER, since)  # type: ignore[arg-type]


def _is_clean(settings: Settings, store: Store) -> bool:
    words = b"".join(path.read_bytes() for path in Log(settings.lake_path).files("comment"))
    return traces(settings, store, {PHONE}, keys(settings)) == [] and b"Ola Dunk" not in words


@pytest.mark.usefixtures("lake")
def test_nothing_of_a_forgotten_person_is_left_anywhere(settings: Settings, sqlite_store: Store) -> None:
    imports = settings.home / "imports"
    imports.mkdir()
    (imports / "a.rejects.csv").write_text("row,field,value,reason\n3,phone,912 34 567,no\n")
    before = {each.split("/")[0] for each in traces(settings, sqlite_store, {PHONE}, keys(settings))}
    assert {"store: decision", "lake: log", "lake: facts", "home: imports"} <= before
    done = forget(settings, sqlite_store, PHONE, LATER, rebuild(settings, sqlite_store))
    assert (done.contacts, done.traces) == (2, ())
    assert _is_clean(settings, sqlite_store)
    assert forget(settings, sqlite_store, PHONE, LATER, rebuild(settings, sqlite_store)).nobody


def test_a_forgotten_person_leaves_the_file_that_others_of_the_month_share(
    settings: Settings, sqlite_store: Store, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metrics.build.refresh.MOST_WORKERS", 1)
    before = NOON - timedelta(days=20)
    # What was imported is not fed again when the log is rewritten, so its day is not made anew.
    other = contact("other", at=int(before.timestamp()), partner="Nord", source="import:x")
    Log(settings.lake_path).append("contact", [logged(other)])
    build(settings, sqlite_store, NOON, before.date())
    assert len(list(lake.glob("facts/*/*/*.parquet"))) == 1
    done = forget(settings, sqlite_store, PHONE, LATER, rebuild(settings, sqlite_store))
    assert (done.contacts, done.traces) == (2, ())
    assert _is_clean(settings, sqlite_store)


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize(
    ("step", "who"),
    [
        ("log", PHONE),
        ("second file", "kunde-17"),
        ("_forget_in_store", PHONE),
        ("rebuild", "kunde-17"),
        ("_sweep", PHONE),
        ("_forget_links", "kunde-17"),
    ],
)
def test_interrupted_anywhere_it_ends_the_same_when_run_again(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, step: str, who: str
) -> None:
    replaced: list[object] = []

    def replace(*given: object) -> None:
        if step == "log" or replaced:
            raise Killed
        replaced.append(given)
        original(*given)  # type: ignore[arg-type]

    def die(*_: object) -> Forgotten:
        raise Killed

    original, make = forgetting._replace, rebuild(settings, sqlite_store)
    with monkeypatch.context() as patch:
        if step in {"log", "second file"}:
            patch.setattr(forgetting, "_replace", replace)
        elif step != "rebuild":
            patch.setattr(forgetting, step, die)
        with pytest.raises(Killed):
            forget(settings, sqlite_store, who, LATER, die if step == "rebuild" else make)
    done = forget(settings, sqlite_store, who, LATER, make)
    assert done.traces == ()
    assert _is_clean(settings, sqlite_store)


@pytest.mark.usefixtures("lake")
def test_while_a_builder_works_nothing_is_forgotten_by_halves(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PATIENCE_S", 0.0)
    before = traces(settings, sqlite_store, {PHONE}, keys(settings))
    with held(sqlite_store, "build"), pytest.raises(BusyError):
        forget(settings, sqlite_store, PHONE, LATER, rebuild(settings, sqlite_store))
    assert traces(settings, sqlite_store, {PHONE}, keys(settings)) == before
