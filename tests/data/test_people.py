"""Phone numbers in one form, and pseudonyms in their place."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from textwrap import dedent

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.files.stage import SQL
from data.records.identity import (
    customer_key,
    is_mobile,
    phone_key,
    pseudonym,
    pseudonyms,
    to_e164,
    without_numbers,
)
from lake import duck

COMMENTS = [
    # (as written, as kept)
    ("Ring 91234567 etter kl 16", "Ring […] etter kl 16"),
    ("Ring +47 912 34 567, takk", "Ring […], takk"),
    ("(+47) 912.34.567", "([…]"),
    ("0047\u00a0912\u00a034\u00a0567", "[…]"),
    ("91-23-45-67 eller 91 – 23 – 45 – 67", "[…] eller […]"),
    ("tlf.91 23 45 67.", "tlf.[…]."),
    ("9 1 2 3 4 5 6 7", "[…]"),
    ("Konto 1234.56.78903 og 12345678903", "Konto […] og […]"),
    ("Fødselsnummer 010190 12345", "Fødselsnummer […]"),
    ("٩١٢٣٤٥٦٧", "[…]"),
    ("9\n91234567\nTakk", "9\n[…]\nTakk"),
    ("Skriv til ola.nordmann+svar@epost.example.no.", "Skriv til […]"),
    ("<kåre@blåbær.no>, (a@b.no);c@d.no", "<[…]>, ([…]);[…]"),
    ("a@b", "a@b"),
    ("@telia er best", "@telia er best"),
    ("1234567", "1234567"),
    ("Født 24.12.1978, fakturaen er fra 2026-11-22", "Født […], fakturaen er fra […]"),
    ("Kom 22.11 kl 08.30, ikke 22. november 2026", "Kom 22.11 kl 08.30, ikke 22. november 2026"),
    ("9", "9"),
    ("8/10, nesten 9 av 10", "8/10, nesten 9 av 10"),
    ("8/10 9/10 10/10 7/10", "8/10 9/10 10/10 7/10"),
    ("Kunde siden 2019, fiber i 2025", "Kunde siden 2019, fiber i 2025"),
    ("Betalte 12 990,00 kr kl 16:30", "Betalte 12 990,00 kr kl 16:30"),
    ("Fin, rask\nhjelp", "Fin, rask\nhjelp"),
]


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


@settings(deadline=None)  # the first one imports the library
@given(st.binary(max_size=200).map(bytes.hex), st.lists(st.none() | st.text(max_size=100), max_size=20))
@example("key", ["blåbær", None, "", "x" * 1000])
@example("k" * 65, ["x"])  # longer than a block of the hash
def test_pseudonyms_of_a_column_are_those_of_its_texts(secret: str, texts: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(texts, pa.string())])
    expected = [None if text is None else pseudonym(secret.encode(), text) for text in texts]
    assert pseudonyms(secret.encode())(column).to_pylist() == expected


def test_ctrl_c_is_heard_after_columns_were_hashed() -> None:
    code = """
        import os, signal, threading
        from data.records.identity import pseudonyms
        pseudonyms(b"key")
        lock, freed = threading.Lock(), threading.Event()
        lock.acquire()
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        later = threading.Timer(20, lambda: (freed.set(), lock.release()))
        later.start()
        try:
            lock.acquire()
        except KeyboardInterrupt:
            later.cancel()
            print("heard late" if freed.is_set() else "heard")
    """
    told = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    assert told.stdout == "heard\n"


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


@pytest.mark.parametrize(("written", "kept"), COMMENTS)
def test_a_comment_loses_numbers_and_addresses_and_keeps_scores_and_years(written: str, kept: str) -> None:
    assert without_numbers(written) == kept
    assert without_numbers(kept) == kept


PIECES = st.sampled_from([*"0189٣ .-()+/@,–\u00a0\u2003\n\taø<", "91234567", "2026", "a@b.no", "[…]"])
TEXTS = st.lists(PIECES, max_size=16).map(lambda pieces: "".join(pieces).strip())


@given(st.lists(TEXTS, max_size=50))
def test_a_comment_of_a_file_loses_what_a_live_one_loses(texts: list[str]) -> None:
    texts += [written for written, _ in COMMENTS]
    masked = _MACROS.execute("select without_numbers(unnest($texts))", {"texts": texts}).fetchall()
    assert [text for (text,) in masked] == [without_numbers(text) for text in texts]


def _macros() -> duckdb.DuckDBPyConnection:
    connection = duck.connect()
    connection.execute("create macro other_e164(given) as null::varchar")
    connection.execute((SQL / "macros.sql").read_text())
    return connection


_MACROS = _macros()
