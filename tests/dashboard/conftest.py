"""A small real lake with two partners, and the pages on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import context
from lake.log import Log
from metrics.build.refresh import build
from settings import Settings
from store import Store, open_store
from tests.dashboard.lake import MAIN, NOW, rows


@pytest.fixture
def demo_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"demo": True})


@pytest.fixture
def page(sqlite_store: Store) -> Iterator[Callable[..., AppTest]]:
    """Runs the page script for some settings; ``user`` are the claims of somebody who has just signed in."""
    st.cache_resource.clear()

    def run(settings: Settings, query: dict[str, str] | None = None, **state: Any) -> AppTest:
        context.configure(settings, sqlite_store)
        app = AppTest.from_file(MAIN, default_timeout=90)
        app.user = {"iat": int(time.time()), **state.pop("user", {"is_logged_in": False})}
        for name, value in (query or {}).items():
            app.query_params[name] = value
        for name, value in state.items():
            app.session_state[name] = value
        return app.run()

    yield run
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifteen days, twelve contacts a day and partner, each with a score; built once."""
    settings = Settings(home=tmp_path_factory.mktemp("built"))
    Log(settings.lake_path).append("contact", rows())
    store = open_store(settings.database_url)
    build(settings, store, NOW)
    store.close()
    return settings.lake_path


@pytest.fixture
def full(settings: Settings, built: Path) -> None:
    """The lake above, as this test's own."""
    shutil.copytree(built, settings.lake_path)
