"""Every setting of Svar with its default and meaning.

Settings come from the environment (prefix ``SVAR_``) and nowhere else, so that a secret never lies in a
file of the project. Keys that nobody has set but that must exist (the pseudonym key, the phone gateway's
signing token, the API token of a demo) are made once and kept in ``SVAR_HOME/keys`` with mode 0600.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from datetime import time
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from texts.languages import languages

PROJECT_ROOT = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(ValueError):
    """The settings contradict each other; the message says which and what to do."""


class Settings(BaseSettings):
    """Read once at start; pass the object on, do not read the environment elsewhere."""

    model_config = SettingsConfigDict(env_prefix="SVAR_", extra="ignore")

    # Where state lives
    home: Path = Field(PROJECT_ROOT / "var", description="Folder of all state.")
    store_url: str = Field("", description="Operational store; empty = SQLite in the home.")
    lake: str = Field("", description="Folder of log, facts and cubes; empty = `lake` in the home.")

    inbox: str = Field("", description="Watched folder of files to import; empty = none.")

    # The web process
    host: str = Field("127.0.0.1", description="Address the web process listens on.")
    port: int = Field(8501, description="Port the web process listens on.")
    public_url: str = Field("", description="What the carrier calls and signs; empty = http://host:port.")
    api_token: str = Field("", description="Bearer token of a demonstration's API.")
    spool_mb: int = Field(50, gt=0, description="MB of webhooks kept on disk while the store is away.")
    metrics_token: str = Field("", description="Bearer token of /metrics; empty = this machine alone.")
    trusted_proxies: list[str] = Field(
        default_factory=list, description="Addresses or networks whose X-Forwarded-For is believed."
    )
    demo: bool = Field(False, description="Demonstration: viewers pick who they are, loopback only.")
    language: str = Field("nb", description="Language the dashboard starts in.")

    # Time
    timezone: str = Field("Europe/Oslo", description="Local time of customers and reports.")
    quiet_hours: str = Field("21:00-09:00", description="No SMS in this local window; empty = none.")

    # Personal data
    pseudonym_key: str = Field("", description="Key of the HMAC that turns a customer into a pseudonym.")
    default_region: str = Field("NO", description="Country of phone numbers without a country code.")
    keep_numbers_days: int = Field(30, ge=1, description="Days a phone number is kept after its last use.")
    keep_texts_days: int = Field(365, ge=1, description="Days what customers wrote is kept.")

    # Carrier
    gateway: Literal["phone", "twilio"] = Field("phone", description="Who carries the SMS.")
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_base_url: str = Field("", description="Any Twilio-compatible server.")

    # Surveys
    company: str = Field("Svar", description="Name of the company in the SMS.")
    follow_ups: bool = Field(True, description="Ask follow-up questions (on, off).")
    sms_link: bool = Field(False, description="The opening SMS carries a link to the rating page.")
    survey_interval_h: int = Field(
        24, ge=24, description="Hours between two openings to one number; less than 24 is refused."
    )
    answer_window_h: int = Field(72, gt=0, description="Hours an answer counts as in time.")
    min_handling_s: int = Field(0, ge=0, description="Contacts handled shorter than this are not asked.")
    max_age_s: int = Field(7_200, gt=0, description="Contacts that reach us later after they ended: too old.")
    give_up_s: int = Field(64_800, gt=0, description="Waiting surveys are given up this long after the end.")
    monthly_cap: int = Field(0, ge=0, description="Surveys per customer in 30 days; 0 = no cap.")
    sample_share: float = Field(1.0, ge=0, le=1, description="Share of contacts that may be asked.")
    sample_shares: dict[str, float] = Field(
        default_factory=dict, description='Shares of their own: {"partner/channel": 0.5, "partner": 0.8}.'
    )
    daily_cap: int = Field(0, ge=0, description="Messages out a local day; 0 = no cap.")
    daily_cost_cap: float = Field(0.0, ge=0, description="NOK for messages a local day; 0 = no cap.")
    segment_cost: float = Field(0.6, ge=0, description="NOK for one SMS segment.")
    sending: Literal["", "off", "test", "on"] = Field(
        "", description="off: decide and record, send nothing; test: to our own phones; empty = by gateway."
    )
    test_numbers: list[str] = Field(
        default_factory=list, description="Our own phones: never surveyed, but alone when sending is `test`."
    )
    messages_per_second: float = Field(50.0, gt=0, description="Pace of posts to the carrier.")
    posts_in_flight: int = Field(64, gt=0, description="Posts that may wait for the carrier at once.")
    carrier_timeout_s: float = Field(30.0, gt=0, description="Wait for the carrier's answer to a post.")
    validity_s: int = Field(14_400, ge=1, le=36_000, description="The carrier drops an SMS it holds longer.")

    # Metrics: thresholds of DESIGN 7, on the 1–10 scale
    satisfied_from: int = Field(8, description="Scores from here up count as satisfied.")
    top_box_from: int = Field(9, description="Scores from here up count as top box.")
    dissatisfied_to: int = Field(4, description="Scores up to here count as dissatisfied.")
    hour_cost: float = Field(
        0.0, ge=0, description="NOK for an hour of handling where no hour-cost row says; 0 = unknown."
    )

    # Sign-in by OpenID Connect; without it only a demo starts
    oidc_issuer: str = Field("", description="Issuer, e.g. https://login.example.no/realms/svar.")
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_role_claim: str = Field("role", description="Claim that holds lead, management or partner.")
    session_hours: float = Field(10.0, gt=0, description="A sign-in lasts at most so long.")
    oidc_partner_claim: str = Field("partner", description="Claim that names the partner of a partner user.")

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, values: dict[str, Any]) -> dict[str, Any]:
        # A variable set to nothing is as good as unset; only of quiet hours "none" is a meaning.
        return {name: value for name, value in values.items() if value != "" or name == "quiet_hours"}

    @field_validator("home", mode="before")
    @classmethod
    def _absolute(cls, home: str | Path) -> Path:
        # Relative to the project, whatever the current folder: a job started by cron finds the same state.
        return PROJECT_ROOT / home

    @field_validator("language")
    @classmethod
    def _has_texts(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(f"there are texts in {', '.join(languages())}")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no time zone; write one such as Europe/Oslo")
        return name

    @field_validator("trusted_proxies")
    @classmethod
    def _known_networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            ip_network(network, strict=False)
        return networks

    @field_validator("quiet_hours")
    @classmethod
    def _readable_hours(cls, text: str) -> str:
        if text:
            parse_hours(text)
        return text

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.demo and self.gateway == "twilio":
            raise SettingsError(
                "SVAR_DEMO and SVAR_GATEWAY=twilio exclude each other: a demonstration sends no real SMS. "
                "Unset SVAR_DEMO to send, or SVAR_GATEWAY to demonstrate."
            )
        if self.demo and self.oidc_issuer:
            raise SettingsError(
                "SVAR_DEMO and SVAR_OIDC_ISSUER exclude each other: in a demonstration viewers pick who they "
                "are. Unset SVAR_DEMO to let people sign in, or SVAR_OIDC_ISSUER to demonstrate."
            )
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def survey_interval_s(self) -> int:
        """Seconds between two openings to one number."""
        return self.survey_interval_h * 3_600

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Start and end of the local quiet window, or None where there is none."""
        return parse_hours(self.quiet_hours) if self.quiet_hours else None

    @property
    def lake_path(self) -> Path:
        return Path(self.lake) if self.lake else self.home / "lake"

    @property
    def database_url(self) -> str:
        return self.store_url or f"sqlite:///{self.home / 'svar.db'}"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @cached_property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(network, strict=False) for network in self.trusted_proxies)

    @property
    def sending_mode(self) -> Literal["off", "test", "on"]:
        """Whether surveys go out: over a real carrier only where somebody has said so."""
        return self.sending or ("on" if self.gateway == "phone" else "off")

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK

    @cached_property
    def pseudonym_secret(self) -> bytes:
        return (self.pseudonym_key or self._kept_key("pseudonym")).encode()

    @cached_property
    def signing_token(self) -> str:
        """What signs webhooks: Twilio's auth token, or the phone gateway's own."""
        if self.gateway == "twilio" or self.twilio_auth_token:
            return self.twilio_auth_token
        return self._kept_key("phone-gateway")

    @cached_property
    def api_secret(self) -> str:
        """The one bearer token of a demonstration's API; "" elsewhere, where each source has its own."""
        return (self.api_token or self._kept_key("api-token")) if self.demo else ""

    @property
    def has_sign_in(self) -> bool:
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def auth_secrets(self) -> dict[str, Any]:
        """What Streamlit's sign-in needs, in the shape of its ``secrets``; empty without OIDC."""
        if not self.has_sign_in:
            return {}
        return {
            "auth": {
                "redirect_uri": f"{self.base_url}/oauth2callback",
                "cookie_secret": self._kept_key("cookie"),
                "client_id": self.oidc_client_id,
                "client_secret": self.oidc_client_secret,
                "server_metadata_url": f"{self.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            }
        }

    def check_may_serve_pages(self) -> None:
        """Pages need to know who looks at them: by sign-in, or as a demonstration on this machine alone.

        Raises SettingsError that says what to set.
        """
        if self.demo and not self.on_loopback:
            raise SettingsError(
                f"A demonstration lets everybody in, so it serves this machine only: SVAR_HOST={self.host} "
                "is not a loopback address. Use 127.0.0.1, or unset SVAR_DEMO and set SVAR_OIDC_*."
            )
        if not self.demo and not self.has_sign_in:
            raise SettingsError(
                "Nobody could sign in: set SVAR_OIDC_ISSUER, SVAR_OIDC_CLIENT_ID and "
                "SVAR_OIDC_CLIENT_SECRET, or SVAR_DEMO=on for a demonstration (see docs/operation.md)."
            )

    def claim_home(self) -> None:
        """Make the home a demonstration's or a real one, once and for all; SettingsError on the other kind.

        Real customers must not be asked by a demonstration, nor their scores shown to whoever looks.
        """
        mine, other = ("demonstration", "real") if self.demo else ("real", "demonstration")
        if self._kept("mode", mine) == other:
            raise SettingsError(
                f"SVAR_HOME={self.home} holds {other} data, and the two never mix. "
                "Choose another SVAR_HOME, or switch SVAR_DEMO."
            )

    def _kept_key(self, name: str) -> str:
        return self._kept(f"keys/{name}", secrets.token_hex(32))

    def _kept(self, name: str, first: str) -> str:
        """The content of a file in the home, written with ``first`` where there is none."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written aside and linked into place, so that of two processes starting at once both read the same.
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            draft.touch(mode=0o600)
            draft.write_text(first)
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text()


def read_settings() -> Settings:
    """The settings of the environment. SettingsError names what cannot be read, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"SVAR_{'_'.join(str(part) for part in found['loc']).upper()}: {found['msg']}"
            if found["loc"]
            else found["msg"]
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError("\n".join(text.replace("Value error, ", "") for text in problems)) from None


def parse_hours(text: str) -> tuple[time, time]:
    """``"21:00-09:00"`` as two times of day. ValueError says what is expected."""
    try:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ValueError(f"expected HH:MM-HH:MM, got {text!r}") from None
    if start == end:
        raise ValueError(f"{text!r} is no window; leave it empty for no quiet hours, or write 00:00-23:59")
    return start, end
