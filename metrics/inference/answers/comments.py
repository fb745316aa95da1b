"""Comments: reasons for dissatisfaction by word lists, themes by frequency against score, and search.

No model and no download: the lists in ``words/`` are what people check and change. A comment may have
several reasons, or none; how many have none is always shown.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer  # type: ignore[import-untyped]
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from metrics.inference.base import thresholds
from metrics.inference.base.estimates import estimate, moments
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import ScoreStats, ShareStats
from metrics.inference.compare.differences import difference

REASONS = ("waiting", "not_solved", "not_listened", "price", "product", "self_service_failed")
LANGUAGES = ("nb", "en")
DISSATISFIED = 4  # scores up to here; the settings decide in the product

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CLAUSE = re.compile(r"[.,;:!?()\n]+|\b(?:men|og|but|and|så|so)\b")


@dataclass(frozen=True)
class Comment:
    """A comment, the score it came with (1–10), its language (nb, nn, en; others are tried in both)."""

    text: str
    score: int
    language: str = "nb"


@dataclass(frozen=True)
class ReasonShare:
    """How many of the dissatisfied who wrote something name this reason; ``none`` stands for the rest."""

    reason: str
    share: Estimate


@dataclass(frozen=True)
class Theme:
    """A word or pair of words: the comments with it, their mean score, and the difference to the others.

    ``p`` is adjusted for the number of themes; ``pull`` (points) is what it does to the overall mean score.
    """

    term: str
    n: int
    mean: Estimate
    difference: Difference
    p: float
    pull: float


def code(text: str, language: str = "") -> tuple[str, ...]:
    """The reasons a comment names, in the order of :data:`REASONS`.

    "Not" before a reason that it cancels ("no waiting", "ikke dyrt") takes the reason away.
    """
    found = {
        reason
        for lists in _languages(language)
        for clause in _CLAUSE.split(text.casefold().replace("’", "'"))
        for reason, pattern, negated in _patterns(lists)
        if any(negated is None or not negated.search(clause[: m.start()]) for m in pattern.finditer(clause))
    }
    return tuple(reason for reason in REASONS if reason in found)


def reason_shares(
    comments: Sequence[Comment], *, dissatisfied_to: int = DISSATISFIED, minimum_n: int = thresholds.TOO_FEW
) -> tuple[ReasonShare, ...]:
    """Shares of the reasons among dissatisfied comments, the most frequent first and ``none`` last. They may
    add up to more than one."""
    given = [comment for comment in comments if comment.score <= dissatisfied_to and comment.text.strip()]
    counts: Counter[str] = Counter()
    for comment in given:
        counts.update(code(comment.text, comment.language) or ("none",))
    ordered = sorted(REASONS, key=lambda reason: (-counts[reason], reason))
    return tuple(
        ReasonShare(reason, estimate(ShareStats(len(given), counts[reason]), minimum_n=minimum_n))
        for reason in (*ordered, "none")
    )


def themes(
    comments: Sequence[Comment], *, minimum_n: int = thresholds.TOO_FEW, limit: int = 30
) -> tuple[Theme, ...]:
    """Words and pairs of words by how much they pull the mean score, down or up, the strongest first.

    Words are compared by their stem (Snowball) and counted once per comment. The difference is Welch's,
    against all comments without the theme; p is that of drawing so low or high a mean from all comments
    by chance (Cochran 1977, 2.6), Benjamini–Hochberg over all themes of ``minimum_n`` comments.
    """
    everything = [0] * 10
    bins: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 10)
    shown: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for comment in comments:
        everything[comment.score - 1] += 1
        for stem, surface in terms(comment.text, comment.language).items():
            bins[stem][comment.score - 1] += 1
            shown[stem][surface] += 1
    total = sum(everything)
    found = []
    for stem, own in bins.items():
        if sum(own) < minimum_n:
            continue
        with_it = ScoreStats(tuple(own))
        rest = ScoreStats(tuple(a - b for a, b in zip(everything, own, strict=True)))
        gap = difference(with_it, rest, minimum_n=minimum_n)
        found.append((stem, with_it, gap))
    p = false_discovery_control([_by_chance(own, ScoreStats(tuple(everything))) for _, own, _ in found])
    listed = [
        Theme(
            min(shown[stem].items(), key=lambda item: (-item[1], item[0]))[0],
            own.n,
            estimate(own, minimum_n=minimum_n),
            gap,
            float(p[i]),
            (gap.difference or 0.0) * own.n / total,
        )
        for i, (stem, own, gap) in enumerate(found)
    ]
    pairs = [theme for theme in listed if " " in theme.term]
    # A word that never stands but in one pair is that pair.
    alone = [
        theme
        for theme in listed
        if not any(theme.n == pair.n and theme.term in pair.term.split() for pair in pairs)
    ]
    return tuple(sorted(alone, key=lambda theme: (-abs(theme.pull), theme.term))[:limit])


def search(comments: Sequence[Comment], query: str) -> tuple[int, ...]:
    """Places of the comments with every word of the query, in any form; words in "quotes" as they stand."""
    quoted = [phrase.casefold() for phrase in re.findall(r'"([^"]+)"', query)]
    words = [word.casefold() for word in _WORD.findall(re.sub(r'"[^"]*"', " ", query))]
    if not words and not quoted:
        return ()
    found = []
    for place, comment in enumerate(comments):
        text = comment.text.casefold()
        language = _one_language(comment.language)
        have = {_stem(word, language) for word in _WORD.findall(text)}
        wanted = [_stem(word, language) for word in words]
        if all(any(stem.startswith(want) for stem in have) for want in wanted) and all(
            q in text for q in quoted
        ):
            found.append(place)
    return tuple(found)


def _by_chance(own: ScoreStats, everything: ScoreStats) -> float:
    mean, variance = moments(everything)
    noise = variance / own.n * (1 - own.n / everything.n)
    return 2 * float(ndtr(-abs(moments(own)[0] - mean) / math.sqrt(noise))) if noise > 0 else 1.0


def says_something(text: str) -> bool:
    """Whether a comment says more than a score, a yes or a no (in any of the languages)."""
    mere = frozenset[str]().union(*(_lists(language)["stop_words"] for language in LANGUAGES))
    words = (word for word in _WORD.findall(text.casefold().replace("’", "'")) if len(word) > 1)
    return any(word not in mere for word in words)


def terms(text: str, language: str) -> dict[str, str]:
    """Stems of single words and of neighbours, each with how it was written."""
    own = _one_language(language)
    stop = _lists(own)["stop_words"]
    found: dict[str, str] = {}
    for clause in _CLAUSE.split(text.casefold()):
        before: tuple[str, str] | None = None
        for word in _WORD.findall(clause):
            if word in stop or len(word) < 2:
                before = None
                continue
            stem = _stem(word, own)
            found.setdefault(stem, word)
            if before is not None:
                found.setdefault(f"{before[0]} {stem}", f"{before[1]} {word}")
            before = (stem, word)
    return found


def _languages(language: str) -> tuple[str, ...]:
    return ("nb",) if language in {"nb", "nn", "no"} else ("en",) if language == "en" else LANGUAGES


def _one_language(language: str) -> str:
    return "en" if language == "en" else "nb"


@lru_cache(maxsize=100_000)
def _stem(word: str, language: str) -> str:
    # Twice, since "fakturaen" becomes "faktura", and that "faktur".
    stem = _stemmer(language).stemWord
    return str(stem(stem(word)))


@lru_cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer("english" if language == "en" else "norwegian")


@lru_cache
def _lists(language: str) -> dict[str, Any]:
    path = Path(__file__).parent / "words" / f"{language}.toml"
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return {**lists, "stop_words": frozenset(lists["stop"].split()) | frozenset(lists["answers"].split())}


@lru_cache
def _patterns(language: str) -> list[tuple[str, re.Pattern[str], re.Pattern[str] | None]]:
    lists = _lists(language)
    negators, fillers = ("|".join(map(re.escape, lists[key])) for key in ("negators", "fillers"))
    negated = re.compile(rf"\b(?:{negators})\W+(?:(?:{fillers})\W+)*$")
    return [
        (
            reason,
            re.compile(rf"\b(?:{'|'.join(map(_regex, lists[reason]['patterns']))})"),
            negated if lists[reason]["cancelled"] else None,
        )
        for reason in REASONS
    ]


def _regex(pattern: str) -> str:
    parts: list[str] = []
    gap = False
    for word in pattern.split():
        if word == "…":
            gap = True
            continue
        body = re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "")
        parts.append((r"(?:\W+\w+){0,3}\W+" if gap else r"\W+" if parts else "") + body + r"\b")
        gap = False
    return "".join(parts)
