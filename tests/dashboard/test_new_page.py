"""A page is one folder and its texts: whoever adds one changes no other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard.pages
from dashboard.access import Viewer
from dashboard.page import SECTIONS, Page, pages
from settings import Settings
from tests.dashboard.lake import opened, shown
from texts.words import Words

FOLDER = {
    "__init__.py": "from dashboard.page import Page\n"
    'PAGE = Page(icon="home", section="run", roles=("management",), order=5)\n',
    "page.py": 'import streamlit as st\n\n\ndef show(frame):\n    st.title(frame.words("page.shifts"))\n',
}


@pytest.fixture
def new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder ``shifts`` among the pages, and its title among the texts."""
    folder = tmp_path / "shifts"
    folder.mkdir()
    for name, text in FOLDER.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(dashboard.pages, "__path__", [*dashboard.pages.__path__, str(tmp_path)])
    monkeypatch.setattr(Words, "__call__", _with_title(Words.__call__))


def _with_title(call: Callable[..., str]) -> Callable[..., str]:
    def words(self: Words, key: str, **values: object) -> str:
        return "Vakter" if key == "page.shifts" else call(self, key, **values)

    return words


@pytest.mark.usefixtures("new_folder")
def test_a_new_folder_is_a_page_of_its_roles_alone(settings: Settings) -> None:
    assert "shifts" in Viewer("management").pages(settings)
    assert "shifts" not in Viewer("lead").pages(settings)
    run = [name for name, page in pages().items() if page.section == "run"]
    assert run == ["shifts", "data_in", "health", "phone"]


@pytest.mark.usefixtures("new_folder")
def test_a_new_folder_is_drawn_at_its_name(page: Callable[..., AppTest], settings: Settings) -> None:
    app = page(settings.model_copy(update={"demo": True}), {"viewer": "management"})
    app = opened(app, "shifts")
    shown(app)
    assert app.title[0].value == "Vakter"


def test_a_page_stands_in_a_section_of_the_menu() -> None:
    assert {page.section for page in pages().values()} == set(SECTIONS)
    with pytest.raises(ValueError, match="no section 'elsewhere'"):
        Page(icon="home", section="elsewhere", roles=("lead",))


def test_a_role_begins_on_a_page_that_it_may_open(settings: Settings) -> None:
    with pytest.raises(ValueError, match="may open"):
        Page(icon="home", section="run", roles=("lead",), landing=("partner",))
    for role in ("lead", "management", "partner"):
        viewer = Viewer(role, partner="Nord" if role == "partner" else None)
        assert next(iter(viewer.pages(settings))) == "comparison"
