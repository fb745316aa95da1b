"""Comments: what is read out of them, in bokmål, nynorsk and English."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.inference import from_json, to_json
from metrics.inference.answers import comments as module
from metrics.inference.answers.comments import REASONS, Comment, Theme, code, reason_shares, search, themes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ventet i 40 minutter i kø", "waiting"),
        ("Eg venta i to timar og fekk ikkje hjelp", "waiting not_solved"),
        ("VENTETIDEN ER ALT FOR LANG!!!", "waiting"),
        ("ingen svarer på mail", "waiting"),
        ("Ble satt over fire ganger", "waiting"),
        ("Ingen ventetid", ""),
        ("slapp å vente, supert", ""),
        ("Ingen ventetid, men problemet er ikke løst", "not_solved"),
        ("Fikk ikke hjelp, lang ventetid", "waiting not_solved"),
        ("problemet er fortsatt ikke løst", "not_solved"),
        ("Måtte ringe igjen dagen etter", "not_solved"),
        ("Takk for god hjelp", ""),
        ("han hørte ikke etter", "not_listened"),
        ("Uhøflig og arrogant", "not_listened"),
        ("Veldig høflig og hyggelig", ""),
        ("vart ikkje teken på alvor", "not_listened"),
        ("Altfor dyrt, og gebyr på toppen", "price"),
        ("ikke dyrt, helt greit", ""),
        ("Prisøkningen er urimelig", "price"),
        ("Bredbåndet er nede hver dag", "product"),
        ("ingen dekning på hytta", ""),
        ("dårlig dekning på hytta", "product"),
        ("Nettsiden virket ikke og jeg fikk ikke logget inn", "self_service_failed"),
        ("Appen krasjer når jeg skal betale", "self_service_failed"),
        ("", ""),
        ("👍", ""),
    ],
)
def test_norwegian_comments_are_read(text: str, expected: str) -> None:
    assert code(text, "nb") == tuple(expected.split())
    assert code(text, "nn") == tuple(expected.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Waited an hour on hold", "waiting"),
        ("No waiting at all", ""),
        ("No waiting at all, but the app kept crashing", "self_service_failed"),
        ("didn’t have to wait", ""),
        ("Agent was rude and didn't listen", "not_listened"),
        ("She was not rude", ""),
        ("Still not fixed, called three times", "not_solved"),
        ("They could not help me", "not_solved"),
        ("very helpful", ""),
        ("not helpful", "not_solved"),
        ("Way too expensive, and late fees", "price"),
        ("The router is broken", "product"),
        ("couldn't find it anywhere online", "self_service_failed"),
    ],
)
def test_english_comments_are_read(text: str, expected: str) -> None:
    assert code(text, "en") == tuple(expected.split())


def test_a_comment_of_unknown_language_is_tried_in_both() -> None:
    assert code("lang kø") == code("long queue") == ("waiting",)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert set(code(text)) <= set(REASONS)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_lists_hold_every_reason_and_nothing_else(language: str) -> None:
    path = Path(module.__file__).parent / "words" / f"{language}.toml"
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(lists) == {*REASONS, "negators", "fillers", "stop", "answers"}
    for reason in REASONS:
        patterns = lists[reason]["patterns"]
        assert len(patterns) == len(set(patterns))
        # Each pattern reads itself, so none is dead.
        for pattern in patterns:
            if lists[reason]["cancelled"] and pattern.split()[0].rstrip("*") in lists["negators"]:
                continue
            assert reason in code(pattern.replace("…", "x").replace("*", ""), language), pattern


def test_reasons_are_counted_among_the_dissatisfied_only() -> None:
    given_ = [Comment("lang kø", 2)] * 6 + [Comment("lang kø og dyrt", 4)] * 3 + [Comment("hm", 1)] * 3
    given_ += [Comment("lang kø", 5)] * 9 + [Comment("  ", 1)] * 9
    found = {s.reason: s.share for s in reason_shares(given_)}
    assert found["waiting"].n == 12
    assert (found["waiting"].value, found["price"].value, found["none"].value) == (0.75, 0.25, 0.25)
    assert [s.reason for s in reason_shares(given_)][::6] == ["waiting", "none"]
    assert reason_shares(given_[:9])[0].share.value is None


def test_themes_join_the_forms_of_a_word_and_say_what_they_pull() -> None:
    rng = np.random.default_rng(1)
    bad = [Comment("fakturaen var feil", int(s)) for s in rng.integers(1, 5, 15)]
    bad += [Comment("feil faktura igjen", int(s)) for s in rng.integers(1, 5, 15)]
    good = [Comment("hyggelig samtale", int(s)) for s in rng.integers(7, 11, 30)]
    found = {t.term: t for t in themes(bad + good)}
    theme = found["faktura" if "faktura" in found else "fakturaen"]
    assert theme.n == 30
    scores = [c.score for c in bad + good]
    assert theme.difference.difference == pytest.approx(np.mean(scores[:30]) - np.mean(scores[30:]))
    assert theme.pull == pytest.approx(theme.difference.difference / 2)
    assert theme.p < 0.001
    assert "hyggelig samtale" in found
    assert "var" not in found


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, True)])
def test_a_theme_needs_ten_comments(n: int, shown: bool) -> None:
    given_ = [Comment("faktura", 1 + i % 4) for i in range(n)] + [
        Comment("hei", 6 + i % 4) for i in range(30)
    ]
    assert bool(themes(given_)) == shown
    assert themes([]) == ()


def test_search_finds_all_forms_of_all_words() -> None:
    given_ = [
        Comment("Fakturaene kom for sent", 2),
        Comment("feil på faktura, lang kø", 3),
        Comment("The invoices were wrong", 3, "en"),
        Comment("Lang kø på telefonen", 3),
    ]
    assert search(given_, "faktura") == (0, 1)
    assert search(given_, "faktura kø") == (1,)
    assert search(given_, "invoice") == (2,)
    assert search(given_, '"lang kø"') == (1, 3)
    assert search(given_, '"kø lang"') == search(given_, " ") == ()


def theme_false_share(runs: int, seed: int) -> float:
    rng, words = (
        np.random.default_rng(seed),
        [a + b for a in "bdfgklmnprst" for b in ("ola", "ima", "ure", "enk")],
    )
    any_ = 0
    for _ in range(runs):
        texts = [" ".join(rng.choice(words, 8)) for _ in range(200)]
        found = themes([Comment(t, int(s)) for t, s in zip(texts, rng.integers(1, 11, 200), strict=True)])
        any_ += any(t.p is not None and t.p <= 0.1 for t in found)
    return any_ / runs


def test_themes_of_comments_without_connection_are_seldom_called_one(figure) -> None:
    assert (
        figure(
            "48 themes without connection to the score, any called one (10 % stated)",
            theme_false_share(40, 1),
        )
        < 0.25
    )


@pytest.mark.slow
def test_themes_of_comments_without_connection_at_length(figure) -> None:
    share = theme_false_share(500, 2)
    assert figure("48 themes without connection to the score, any called one (10 % stated)", share) < 0.13


def test_a_thousand_comments_take_a_moment() -> None:
    given_ = [
        Comment("ventet lenge i kø og fikk ikke hjelp med fakturaen på nettsiden", 1 + i % 10)
        for i in range(1000)
    ]
    started = time.perf_counter()
    reason_shares(given_)
    themes(given_)
    assert time.perf_counter() - started < 1


def test_themes_survive_json() -> None:
    for theme in themes([Comment("lang kø", 1 + i % 9) for i in range(20)] + [Comment("fint", 9)] * 20):
        assert from_json(Theme, json.loads(json.dumps(to_json(theme), allow_nan=False))) == theme
