"""The page that brings a file in: who may, what it proposes, and that nothing happens before it was tried."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.access import Viewer
from dashboard.pages.data_in import upload
from lake.log import Log
from settings import Settings
from tests.dashboard.lake import opened, shown

Page = Callable[..., AppTest]
STRANGE = b"Call Id,When,Agent\na,2026-03-02 10:15,Kari\nb,2026-03-02 10:20,Ola\nc,soon,Ola\n"
OWN = b"contact_id,ended_at,agent\na,2026-03-02T10:15:00Z,Kari\n"
TOTALS = b"Date,Calls answered\n2026-03-02,400\n2026-03-03,300\n"
LEAD = {"is_logged_in": True, "name": "Kari", "role": "lead"}


@pytest.fixture(autouse=True)
def aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads are kept aside: a folder of the test's own."""
    made = tmp_path / "aside"
    made.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(made))
    return made


def uploaded(page: Page, settings: Settings, content: bytes, **how: object) -> AppTest:
    app = opened(page(settings, {"lang": "en"}, **how), "data_in")
    return app.file_uploader[0].set_value(("calls.csv", content, "text/csv")).run()


def signed_in(page: Page, settings: Settings, content: bytes) -> AppTest:
    return uploaded(page, settings, content, user=LEAD)


def pressed(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


@pytest.mark.parametrize("demo", [False, True])
def test_leads_and_management_may_bring_files_in_and_nobody_else(settings: Settings, demo: bool) -> None:
    chosen = settings.model_copy(update={"demo": demo})
    viewers = [Viewer("lead"), Viewer("management"), Viewer("partner", partner="Nord"), Viewer("customer")]
    assert ["data_in" in viewer.pages(chosen) for viewer in viewers] == [True, True, False, False]


def test_a_file_is_proposed_tried_and_then_brought_in(page: Page, settings: Settings, aside: Path) -> None:
    app = signed_in(page, settings, STRANGE)
    assert 'contact_id = "Call Id"' in str(app.text_area[0].value)
    assert app.button(key="svar-import").disabled
    app = pressed(app, "svar-try")
    assert "Of 3 rows 2 are new, 0 corrected, 0 unchanged and 1 rejected." in shown(app)
    assert "soon" in shown(app)
    assert not Log(settings.lake_path).files("contact")
    app = pressed(app, "svar-import")
    assert "Brought in: 2 new and 0 corrected rows. 1 were rejected." in app.success[0].value
    assert len(Log(settings.lake_path).files("contact")) == 1
    assert app.button(key="svar-import").disabled
    assert not list(aside.iterdir())


def test_a_mapping_that_was_changed_is_tried_again_before_it_is_used(page: Page, settings: Settings) -> None:
    app = pressed(signed_in(page, settings, OWN), "svar-try")
    assert not app.button(key="svar-import").disabled
    app.text_area[0].set_value(f"{app.text_area[0].value}# changed\n").run()
    assert app.button(key="svar-import").disabled


def test_what_must_be_corrected_in_a_mapping_is_said(page: Page, settings: Settings) -> None:
    app = signed_in(page, settings, OWN)
    app.text_area[0].set_value("[fields]\ncontact_id = 'no such'\n").run()
    app = pressed(app, "svar-try")
    assert "no column 'no such'" in app.error[0].value
    assert app.button(key="svar-import").disabled


def test_a_file_of_totals_is_explained_instead_of_proposed(page: Page, settings: Settings) -> None:
    app = signed_in(page, settings, TOTALS)
    assert "seems to be many contacts" in app.error[0].value
    assert not app.text_area
    app = pressed(app, "svar-single")
    assert "single_contacts = true" in str(app.text_area[0].value)


def test_a_norwegian_page_tells_in_norwegian_what_is_doubted_and_refused(
    page: Page, settings: Settings
) -> None:
    app = opened(page(settings, {"lang": "nb"}, user=LEAD), "data_in")
    app = app.file_uploader[0].set_value(("samtaler.csv", STRANGE, "text/csv")).run()
    assert "# tvil: Er When tidspunktet" in str(app.text_area[0].value)
    assert "# Et forslag for samtaler.csv" in str(app.text_area[0].value)
    app = pressed(app, "svar-try")
    assert "er ikke en ISO 8601-tid" in shown(app)
    app.text_area[0].set_value("[fields]\ncontact_id = 'finnes ikke'\n").run()
    assert "Filen har ingen kolonne «finnes ikke»" in pressed(app, "svar-try").error[0].value


def test_our_own_names_need_no_proposal(page: Page, settings: Settings) -> None:
    app = signed_in(page, settings, OWN)
    assert app.text_area[0].value == 'record = "auto"\nby_name = true\n'


@pytest.mark.usefixtures("full")
def test_a_demonstration_tries_files_and_brings_none_in(page: Page, demo_settings: Settings) -> None:
    before = Log(demo_settings.lake_path).files("contact")
    app = pressed(uploaded(page, demo_settings, OWN), "svar-try")
    assert "Of 1 rows 1 are new" in shown(app)
    assert [button.key for button in app.button if button.key == "svar-import"] == []
    assert Log(demo_settings.lake_path).files("contact") == before


def test_without_a_file_the_page_says_what_it_is_for(page: Page, settings: Settings) -> None:
    app = opened(page(settings, {"lang": "nb"}, user=LEAD), "data_in")
    assert "Ingen fil ennå" in shown(app)


def test_what_was_uploaded_lies_for_its_owner_only_and_goes_with_the_file(
    page: Page, settings: Settings, aside: Path
) -> None:
    app = signed_in(page, settings, OWN)
    (folder,) = aside.glob("svar-incoming-*")
    assert (folder.stat().st_mode & 0o077, (folder / "calls.csv").stat().st_mode & 0o077) == (0, 0)
    app.file_uploader[0].set_value(None).run()
    assert not list(aside.glob("svar-incoming-*"))


def test_what_somebody_left_behind_goes_after_a_day(aside: Path) -> None:
    old, new = upload.keep("a.csv", b"a"), upload.keep("../b.csv", b"b")
    assert new.parent.parent == aside
    long_ago = time.time() - 90_000
    os.utime(old.parent, (long_ago, long_ago))
    upload.forget_old()
    assert (old.exists(), new.exists()) == (False, True)
