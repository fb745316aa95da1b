"""A viewer becomes a scope in one place; a partner's is never more than that partner."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access import NoAccess, Viewer, demo_viewers, signed_in
from metrics import Scope
from settings import Settings


@pytest.mark.parametrize(
    ("claims", "viewer"),
    [
        ({"role": "lead", "name": "Kari"}, Viewer("lead")),
        ({"role": "management"}, Viewer("management")),
        ({"role": ["employee", "lead"]}, Viewer("lead")),
        ({"role": "partner", "partner": "Nord"}, Viewer("partner", partner="Nord")),
        ({"role": " partner ", "partner": [" Nord "]}, Viewer("partner", partner="Nord")),
        # Of several roles the narrowest counts.
        ({"role": ["management", "partner"], "partner": "Nord"}, Viewer("partner", partner="Nord")),
    ],
)
def test_claims_become_a_viewer(settings: Settings, claims: dict[str, Any], viewer: Viewer) -> None:
    assert signed_in(settings, claims) == viewer


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({}, "access.no_role"),
        ({"role": "admin"}, "access.no_role"),
        ({"role": "Lead"}, "access.no_role"),
        ({"role": "customer"}, "access.no_role"),
        ({"role": None}, "access.no_role"),
        ({"role": {"lead": True}}, "access.no_role"),
        ({"role": 1}, "access.no_role"),
        ({"role": "partner"}, "access.no_partner"),
        ({"role": "partner", "partner": ""}, "access.no_partner"),
        ({"role": "partner", "partner": "  "}, "access.no_partner"),
        ({"role": "partner", "partner": ["Nord", "Sør"]}, "access.no_partner"),
        ({"role": ["lead", "partner"]}, "access.no_partner"),
    ],
)
def test_claims_that_open_nothing_say_why(settings: Settings, claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(NoAccess) as refusal:
        signed_in(settings, claims)
    assert refusal.value.reason == reason


def test_the_claims_to_look_at_are_settings(settings: Settings) -> None:
    other = settings.model_copy(update={"oidc_role_claim": "svar_role", "oidc_partner_claim": "company"})
    assert signed_in(other, {"svar_role": "partner", "company": "Nord"}).partner == "Nord"
    with pytest.raises(NoAccess):
        signed_in(other, {"role": "lead"})


def test_each_role_sees_its_own_rows() -> None:
    assert Viewer("lead").scope == Scope.everything()
    assert Viewer("management").scope == Scope.everything()
    assert Viewer("partner", partner="Nord").scope == Scope.of_partner("Nord")
    with pytest.raises(NoAccess):
        _ = Viewer("customer").scope


def test_the_store_is_asked_for_the_same_rows_as_the_lake() -> None:
    assert Viewer("lead").partner_only is None
    assert Viewer("partner", partner="Nord").partner_only == "Nord"
    with pytest.raises(NoAccess):
        _ = Viewer("customer").partner_only


@given(st.sampled_from(["lead", "management", "customer", "admin", ""]), st.text(max_size=5))
def test_nobody_is_a_partner_without_a_partner_or_the_other_way_round(role: str, partner: str) -> None:
    if partner or role not in ("lead", "management", "customer"):
        with pytest.raises(ValueError, match=r"role|partner"):
            Viewer(role, partner=partner)
    with pytest.raises(ValueError, match="partner"):
        Viewer("partner", partner=None)


@pytest.mark.parametrize(
    ("role", "demo", "gateway", "sees_phone"),
    [
        ("lead", True, "phone", True),
        ("management", True, "phone", True),
        ("customer", True, "phone", True),
        ("partner", True, "phone", False),
        ("lead", False, "phone", True),
        ("management", False, "phone", False),
        ("partner", False, "phone", False),
        ("lead", False, "twilio", False),
    ],
)
def test_the_phone_shows_other_peoples_messages_so_few_may_open_it(
    settings: Settings, role: str, demo: bool, gateway: str, sees_phone: bool
) -> None:
    viewer = Viewer(role, partner="Nord" if role == "partner" else None)
    pages = viewer.pages(settings.model_copy(update={"demo": demo, "gateway": gateway}))
    assert ("phone" in pages) is sees_phone


def test_a_demonstration_offers_every_role_and_every_partner() -> None:
    viewers = demo_viewers(["Nord", "", "Sør"])
    assert list(viewers) == ["lead", "management", "partner:Nord", "partner:Sør", "customer"]
    assert viewers["partner:Sør"].scope == Scope.of_partner("Sør")
