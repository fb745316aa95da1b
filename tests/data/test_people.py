"""Phone numbers in one form, and pseudonyms in their place."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from data.people import customer_key, is_mobile, phone_key, pseudonym, to_e164


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("+4791234567", "+4791234567"),
        ("91234567", "+4791234567"),
        ("0047 912 34 567", "+4791234567"),
        ("(+47) 91 23 45 67", "+4791234567"),
        ("4791234567", "+4791234567"),
        ("22 33 44 55", "+4722334455"),
        ("+46 70 123 45 67", "+46701234567"),
        ("0046701234567", "+46701234567"),
        ("42000001", "+4742000001"),
        ("1234", None),  # too short
        ("580012345678000", None),  # too long
        ("hemmelig", None),
        ("", None),
    ],
)
def test_a_phone_number_has_one_form_however_it_is_written(given: str, expected: str | None) -> None:
    assert to_e164(given, "NO") == expected


def test_a_national_number_belongs_to_the_region() -> None:
    assert to_e164("070-123 45 67", "SE") == "+46701234567"


@pytest.mark.parametrize(
    ("number", "demo", "expected"),
    [
        ("+4791234567", False, True),
        ("+4722334455", False, False),  # a landline
        ("+4781549300", False, False),  # a shared-cost number
        ("+4742000001", False, False),  # assigned to nobody
        ("+4742000001", True, True),
        ("+4742999999", True, True),
        ("+4743000000", True, is_mobile("+4743000000")),  # beside the range
        ("+46701234567", False, True),
    ],
)
def test_only_numbers_that_can_take_an_sms_are_mobile(number: str, demo: bool, expected: bool) -> None:
    assert is_mobile(number, demo=demo) is expected


def test_a_pseudonym_is_an_hmac_that_anybody_with_the_key_can_recompute() -> None:
    expected = hmac.new(b"key", "blåbær".encode(), hashlib.sha256).hexdigest()[:32]
    assert pseudonym(b"key", "blåbær") == expected


def test_another_key_gives_another_pseudonym() -> None:
    assert pseudonym(b"one", "x") != pseudonym(b"two", "x")


def test_the_customer_number_goes_before_the_phone_number() -> None:
    assert customer_key(b"k", "100042", "+4742000001") == customer_key(b"k", "100042", None)
    assert customer_key(b"k", None, "+4742000001") == phone_key(b"k", "+4742000001")


def test_a_customer_number_that_looks_like_a_phone_number_is_not_that_phone() -> None:
    assert customer_key(b"k", "+4742000001", None) != customer_key(b"k", None, "+4742000001")


@pytest.mark.parametrize("nothing", [None, ""])
def test_who_is_unknown_has_no_pseudonym(nothing: str | None) -> None:
    assert customer_key(b"k", nothing, nothing) == ""
