"""Settings that contradict each other stop the start and say what to do."""

from __future__ import annotations

import stat
from datetime import time
from pathlib import Path

import pytest

from settings import PROJECT_ROOT, Settings, SettingsError, parse_hours, read_settings


def test_a_demonstration_refuses_to_start_with_twilio() -> None:
    with pytest.raises(ValueError, match="sends no real SMS"):
        Settings(demo=True, gateway="twilio")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "Nobody could sign in"),
        ({"demo": True, "host": "0.0.0.0"}, "serves this machine only"),
        ({"oidc_issuer": "https://login.example.no"}, "Nobody could sign in"),
    ],
    ids=["neither sign-in nor demo", "a demo for everybody", "half a sign-in"],
)
def test_pages_are_not_served_to_the_unknown(values: dict[str, object], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        Settings.model_validate(values).check_may_serve_pages()


@pytest.mark.parametrize(
    "values",
    [
        {"demo": True},
        {"host": "0.0.0.0", "oidc_issuer": "https://login.example.no", "oidc_client_id": "svar"},
    ],
    ids=["a demo on loopback", "sign-in"],
)
def test_pages_are_served_to_the_known(values: dict[str, object]) -> None:
    Settings.model_validate(values).check_may_serve_pages()


def test_a_relative_home_lies_in_the_project_whatever_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVAR_HOME", "var/demo")
    assert Settings().home == PROJECT_ROOT / "var/demo"
    monkeypatch.setenv("SVAR_HOME", "")
    assert Settings().home == PROJECT_ROOT / "var"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DEMO", "perhaps", "SVAR_DEMO: Input should be a valid boolean"),
        ("TIMEZONE", "Mars/X", "SVAR_TIMEZONE: 'Mars/X' is no time zone"),
        ("SURVEY_INTERVAL_H", "23", "SVAR_SURVEY_INTERVAL_H: Input should be greater than or equal to 24"),
        ("PORT", "many", "SVAR_PORT: Input should be a valid integer"),
        ("QUIET_HOURS", "morning", "SVAR_QUIET_HOURS: expected HH:MM-HH:MM"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(f"SVAR_{name}", value)
    with pytest.raises(SettingsError, match=problem):
        read_settings()


def test_a_demonstration_refuses_to_start_beside_sign_in() -> None:
    with pytest.raises(ValueError, match="viewers pick who they are"):
        Settings(demo=True, oidc_issuer="https://login.example.no")


@pytest.mark.parametrize("demo", [True, False])
def test_a_home_stays_what_it_was_first(tmp_path: Path, demo: bool) -> None:
    Settings(home=tmp_path, demo=demo).claim_home()
    Settings(home=tmp_path, demo=demo).claim_home()
    with pytest.raises(SettingsError, match="never mix"):
        Settings(home=tmp_path, demo=not demo).claim_home()


def test_a_variable_set_to_nothing_is_as_good_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEMO", "PORT", "GATEWAY", "FOLLOW_UPS"):
        monkeypatch.setenv(f"SVAR_{name}", "")
    settings = Settings()
    assert (settings.demo, settings.port, settings.gateway, settings.follow_ups) == (
        False,
        8501,
        "phone",
        True,
    )


def test_an_empty_quiet_window_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVAR_QUIET_HOURS", "")
    assert Settings().quiet is None
    monkeypatch.delenv("SVAR_QUIET_HOURS")
    assert Settings().quiet == (time(21), time(9))


@pytest.mark.parametrize("text", ["21:00-09:00", "21-09", " 21:00 - 09:00 "])
def test_hours_are_read_as_people_write_them(text: str) -> None:
    assert parse_hours(text) == (time(21), time(9))


@pytest.mark.parametrize("text", ["21:00", "morning", "25:00-09:00", "21:00-09:00-10:00"])
def test_hours_that_cannot_be_read_say_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected HH:MM-HH:MM"):
        parse_hours(text)


def test_a_key_that_nobody_set_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = Settings(home=tmp_path, demo=True), Settings(home=tmp_path, demo=True)
    assert first.pseudonym_secret == second.pseudonym_secret
    assert first.pseudonym_secret != Settings(home=tmp_path / "other").pseudonym_secret
    assert stat.S_IMODE((tmp_path / "keys" / "pseudonym").stat().st_mode) == 0o600


def test_one_token_for_everything_exists_in_a_demonstration_only(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, api_token="one-for-all").api_secret == ""
    assert Settings(home=tmp_path, demo=True, api_token="one-for-all").api_secret == "one-for-all"
    assert len(Settings(home=tmp_path, demo=True).api_secret) == 64


def test_every_setting_is_in_the_documentation() -> None:
    text = "".join((PROJECT_ROOT / "docs" / page).read_text() for page in ("operation.md", "surveys.md"))
    missing = [name for name in Settings.model_fields if f"SVAR_{name.upper()}" not in text]
    assert missing == []


@pytest.mark.parametrize(("window", "refused"), [("09:00-09:00", True), ("09:00-09:01", False)])
def test_a_window_of_no_length_is_refused(
    monkeypatch: pytest.MonkeyPatch, window: str, refused: bool
) -> None:
    monkeypatch.setenv("SVAR_QUIET_HOURS", window)
    if refused:
        with pytest.raises(SettingsError, match="is no window"):
            read_settings()
    else:
        assert read_settings().quiet == (time(9), time(9, 1))
