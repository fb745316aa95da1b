"""Our signature check and Twilio's own say the same of every request."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from surveys.carriers.signature import is_signed, parse_form, sign

TOKEN = "12345"
words = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
forms = st.lists(st.tuples(words, words), max_size=8)
urls = st.sampled_from(
    [
        "https://svar.example/sms/reply",
        "https://svar.example:8443/sms/reply",
        "https://svar.example:443/sms/status?attempt=abc",
        "http://svar.example:80/sms/status?attempt=abc&x=%20y",
        "http://127.0.0.1:8501/sms/reply",
        "http://localhost/sms/reply?",
    ]
)


def official(url: str, form: list[tuple[str, str]], signature: str) -> bool:
    return bool(RequestValidator(TOKEN).validate(url, _Multi(form), signature))


class _Multi(FormData):
    """The form as Starlette gives it, with the method that the official validator looks for."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__([*pairs])


@settings(deadline=None)
@given(urls, forms)
def test_what_twilio_signs_is_accepted_by_both(url: str, form: list[tuple[str, str]]) -> None:
    url = url.rstrip("?")  # an empty query is one that the official validator never accepts
    signature = RequestValidator(TOKEN).compute_signature(url, _Multi(form))
    parsed = parse_form(urlencode(form).encode())
    assert official(url, form, signature)
    assert is_signed(TOKEN, url, parsed, signature)
    assert sign(TOKEN, url, parsed) == signature


@settings(deadline=None)
@given(urls, urls, forms, forms)
def test_a_signature_of_another_request_is_judged_alike(
    url: str, other_url: str, form: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    signature = RequestValidator(TOKEN).compute_signature(other_url, _Multi(other))
    parsed = parse_form(urlencode(form).encode())
    assert is_signed(TOKEN, url, parsed, signature) == official(url, form, signature)


@given(forms)
def test_a_form_keeps_blank_values_and_spaces(form: list[tuple[str, str]]) -> None:
    parsed = parse_form(urlencode(form).encode())
    assert sorted((name, value) for name in parsed for value in parsed[name]) == sorted(form)


def test_the_published_example_holds() -> None:
    # Twilio's documentation, "Validating Requests", with the token 12345.
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+14158675309"],
        "Digits": ["1234"],
        "From": ["+14158675309"],
        "To": ["+18005551212"],
    }
    assert sign(TOKEN, url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert is_signed(TOKEN, url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


@pytest.mark.parametrize("algorithm", ["HMAC_SHA256", "hmac_sha256"])
def test_the_newer_algorithm_is_checked_when_the_header_names_it(algorithm: str) -> None:
    url, form = "https://svar.example/sms/reply", {"Body": ["8"]}
    signature = RequestValidator(TOKEN).compute_signature(url, {"Body": "8"}, algorithm)
    assert is_signed(TOKEN, url, form, signature, f"key=webhooks_1,algorithm={algorithm}")
    assert not is_signed(TOKEN, url, form, signature)
    assert not is_signed(TOKEN, url, form, signature, "algorithm=MD5")


def test_without_a_token_nothing_is_signed() -> None:
    assert not is_signed("", "https://svar.example/", {}, sign("", "https://svar.example/", {}))
