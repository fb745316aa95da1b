"""Reading a reply: a score, a stop, a start, or unclear. Pure, versioned, tolerant, and never a guess.

A number is the score where it stands by itself (at the start, at the end, between marks), where a mark is
given ("jeg gir 9", "8 av 10", "en åtter"), and where nothing else in the text could be meant. What counts
or measures something ("3 dager siden", "kl 8", "8 kr") is no score; halves, ranges, other scales and two
different numbers are unclear. docs/surveys.md has the rules in words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from surveys.parser import lexicon
from surveys.parser.courtesy import is_courtesy
from surveys.parser.flags import CORRECTION, flags_of
from surveys.parser.opt_out import is_start, is_stop
from surveys.parser.quotes import without_quotes, without_signature
from surveys.parser.tokens import Token, any_of, normalise, tokens_of

VERSION = "2026-12.1"
ASKED = 4  # words at most between a number and the question mark that questions it, and one
MOST_NUMBERS = 30  # nobody gives a mark among so many
MAX_LENGTH = 1_700  # the longest SMS there is, and a little more
Kind = Literal["score", "opt_out", "opt_in", "unclear"]


@dataclass(frozen=True)
class Reading:
    """How one text was read. ``score`` is 1–10 for the kind ``score``, else None.

    The flag ``correction`` says that the score is worded as one that takes the place of another.
    ``courtesy`` is what says nothing that needs an answer: thanks, a sign, a tapback, a quote of ours.
    ``language`` is that of the reply's own words, "" where they do not tell.
    """

    kind: Kind
    score: int | None = None
    flags: tuple[str, ...] = ()
    parser: str = VERSION
    courtesy: bool = False
    language: str = ""


_PLAIN = {str(score): Reading("score", score) for score in range(1, 11)}


def read(text: str) -> Reading:
    """Read one reply, whatever it holds."""
    if text in _PLAIN:
        return _PLAIN[text]
    return _read(text[:MAX_LENGTH])


def says_stop(text: str) -> bool:
    """Whether :func:`read` would call the text a stop, without reading the rest of it."""
    return text not in _PLAIN and _normal(text[:MAX_LENGTH])[1]


@lru_cache(maxsize=4_096)
def _normal(text: str) -> tuple[str, bool]:
    """The normalised text, and whether it says stop: both are asked for again when it is read."""
    plain = without_quotes(normalise(text)[:MAX_LENGTH])
    return plain, is_stop(plain)


@lru_cache(maxsize=4_096)
def _read(text: str) -> Reading:
    plain, stops = _normal(text)
    flags = flags_of(plain)
    if stops:
        return Reading("opt_out", flags=flags)
    if is_start(plain):
        return Reading("opt_in", flags=flags)
    language = _language(plain)
    score, corrects = _last_meant(plain)
    if score is None:
        courtesy = not flags and is_courtesy(plain)
        return Reading("unclear", flags=flags, courtesy=courtesy, language=language)
    return Reading("score", score, (*flags, CORRECTION) if corrects else flags, language=language)


def _language(plain: str) -> str:
    """The language of most of the words, "" where two have as many or a single word would tell it."""
    said = re.findall(r"[^\W\d_]+", plain)
    found = Counter(language for word in said for language in lexicon.LANGUAGES.get(word, ())).most_common(2)
    if not found or (len(found) > 1 and found[0][1] == found[1][1]):
        return ""
    return found[0][0] if found[0][1] > 1 or not plain.isascii() else ""


def _last_meant(plain: str) -> tuple[int | None, bool]:
    """The score, and whether it is worded as one that takes the place of another."""
    body = without_signature(plain)
    meant = _meant(body)
    if meant and (score := _score(meant)) is not None:
        return score, True
    score = _score(body)
    if score is None and body != plain and not re.search(r"\d", body):
        score = _score(plain)
    return score, score is not None and (_corrects(body) or body == f"*{score}")


_MEANT = re.compile(
    rf"(?<!\w)(?:{any_of(lexicon.MEANT)})(?:\s(?:{any_of(lexicon.MEANT_TO | lexicon.ARTICLES)}))*[\s:]*"
)


def _meant(plain: str) -> str:
    """What follows "mente", "skal være", "I meant" where it is a number, else nothing."""
    for marker in reversed(list(_MEANT.finditer(plain))[-MOST_NUMBERS:]):
        before = _LAST_WORD.search(plain[max(0, marker.start() - 30) : marker.start()])
        if before and before[1] not in _SAYS_MEANT:
            continue
        for token in tokens_of(plain[marker.end() : marker.end() + 60]):
            if token.kind in ("NUMBER", "SCORE"):
                return plain[plain.index(token.text, marker.end()) :]
            if token.text not in lexicon.FILLERS:
                break
    return ""


_LAST_WORD = re.compile(r"([^\W\d_]+) ?$")
_SAYS_MEANT = (
    lexicon.PRONOUNS
    | lexicon.FILLERS
    | lexicon.CONTRAST
    | lexicon.SORRY
    | lexicon.JOINED_BY
    | lexicon.IT
    | lexicon.MISTAKEN
)


def _corrects(plain: str) -> bool:
    """ "Sorry, 9", "nei, 9", "ikke 1, 10", "tastet feil, 8": one number and hardly anything but an excuse."""
    said = set(re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", plain)) - set(lexicon.NUMBERS)
    excuse = lexicon.SORRY | lexicon.MISTAKEN | lexicon.DENIALS | lexicon.MEANT
    return (
        not said.isdisjoint(excuse)
        and said <= excuse | _SAYS_MEANT | lexicon.THANKS | lexicon.ARTICLES | lexicon.WROTE
    )


def read_choice(text: str) -> int | None:
    """1 for yes, 2 for no, None for neither: the answer must open the reply and nothing contradict it."""
    found = re.findall(r"\w+", normalise(text[:MAX_LENGTH]))
    if not found:
        return None
    says_yes, says_no = found[0] in lexicon.YES, found[0] in lexicon.NO
    if not (says_yes or says_no):
        return None
    rest = set(found[1:])
    contradiction = lexicon.NO if says_yes else lexicon.YES
    numbers = {word for word in rest if word.isdigit()}
    if rest & contradiction or numbers - {found[0]}:
        return None
    return 1 if says_yes else 2


_BETWEEN = lexicon.FILLERS | lexicon.PRONOUNS
_NOT_SAID = ("SEP", "SKIP", "ASIDE")


def _score(plain: str) -> int | None:
    tokens: list[Token] = []
    numbers = 0
    for token in tokens_of(plain):
        numbers += token.kind == "NUMBER"
        if token.kind == "SPOIL" or numbers > MOST_NUMBERS:
            return None
        tokens.append(token)
    tokens = _told_apart(tokens)
    if any(token.text in lexicon.IRONY for token in tokens):
        return None
    said = [token for token in tokens if token.kind not in _NOT_SAID]
    if (
        said
        and said[0].text in lexicon.NUMBERS_ALONE
        and (len(said) == 1 or _ends_a_sentence(tokens, said[0]))
    ):
        tokens[tokens.index(said[0])] = Token("SCORE", said[0].text, lexicon.NUMBERS_ALONE[said[0].text])
    asks = "?" in plain and (
        (bool(said) and said[0].text in lexicon.QUESTION_STARTERS) or _SCALE_ASKED.search(plain) is not None
    )
    told_apart = any(token.text in lexicon.CONTRAST or token.text in lexicon.GIVERS for token in said)
    certain: set[int] = set()
    stray: set[int] = set()
    would: set[int] = set()
    for index, token in enumerate(tokens):
        if token.kind not in ("NUMBER", "SCORE") or _is_denied(tokens, index) or _is_wished(tokens, index):
            continue
        if _counts_people(tokens, index) or (_is_of_before(tokens, index) and told_apart):
            continue
        if _would_be(tokens, index):
            would.add(token.value)
            continue
        stands = not (
            _is_bounded(tokens, index) or _is_of_before(tokens, index) or _is_taken_back(tokens, index)
        ) and (
            token.kind == "SCORE"
            or (_left_is_free(tokens, index, asks=asks) and _right_is_free(tokens, index))
        )
        (certain if stands else stray).add(token.value)
    # "Ville gitt 9" is a 9 where no other is given.
    certain = certain or would
    # What is no mark at all ("0", "45") does not contest one that stands by itself.
    if len(certain) != 1 or any(1 <= value <= 10 for value in stray - certain):
        return None
    score = certain.pop()
    return score if 1 <= score <= 10 and not _is_turned_round(tokens, score) else None


# "1=best?" asks about the scale, whatever word comes first.
_SCALE_ASKED = re.compile(
    r"\b(?:best|beste|bäst|dårligst|dårlegast|sämst|verst|høyest|lavest|worst|highest|lowest)\W*\?"
)


def _told_apart(tokens: list[Token]) -> list[Token]:
    """The Swedish "ni" (you) is no nine: "Ni fick mig glad"."""
    return [
        Token("WORD", "ni")
        if token.text == "ni" and following.kind == "WORD" and following.text not in lexicon.AFTER_NINE
        else token
        for token, following in zip(tokens, [*tokens[1:], Token("SEP", "")], strict=False)
    ]


def _ends_a_sentence(tokens: Sequence[Token], token: Token) -> bool:
    after = tokens.index(token) + 1
    return after < len(tokens) and tokens[after].text in (".", "!", "\n")


def _word_before(tokens: Sequence[Token], index: int, passing: frozenset[str]) -> int:
    """The place of the nearest token on the left that is none of the words to pass; -1 for none."""
    index -= 1
    while index >= 0 and tokens[index].kind == "WORD" and tokens[index].text in passing:
        index -= 1
    return index


def _is_denied(tokens: Sequence[Token], index: int) -> bool:
    """ "Ikke 8", "vil ikke gi 8", "ingen får 10", "nesten 10": what the mark is not."""
    for deniers, passing in (
        (lexicon.DENIALS | lexicon.NEARLY, lexicon.ARTICLES | lexicon.TO_GIVE),
        (lexicon.NOBODY, lexicon.ARTICLES | lexicon.RECEIVERS | lexicon.GIVERS),
    ):
        left = _word_before(tokens, index, passing)
        if left >= 0 and tokens[left].text in deniers:
            return True
    return _is_on_a_condition(tokens, index) or _is_asked_and_denied(tokens, index)


def _is_asked_and_denied(tokens: Sequence[Token], index: int) -> bool:
    """ "10 på topp? Nei", "10? Nei, 8"."""
    mark = index + 1 + len(_clause(tokens[index + 1 :]))
    if mark + 1 >= len(tokens) or tokens[mark].text != "?" or mark > index + ASKED:
        return False
    return tokens[mark + 1].text in lexicon.TAKEN_BACK


def _is_on_a_condition(tokens: Sequence[Token], index: int) -> bool:
    """ "10 hvis dere ringer", "10 når det virker"."""
    right = _clause(tokens[index + 1 :])
    once = len(right) > 1 and right[0] in lexicon.ONCE and right[1] in lexicon.OTHERS
    return once or not lexicon.IF.isdisjoint(right)


def _is_bounded(tokens: Sequence[Token], index: int) -> bool:
    """ "Mer enn 8", "minst 8": not the mark, and perhaps close to it."""
    left = _word_before(tokens, index, lexicon.ARTICLES)
    return left >= 0 and tokens[left].text in lexicon.BOUNDS


def _is_of_before(tokens: Sequence[Token], index: int) -> bool:
    """ "Sist ga jeg 8": the mark of another time."""
    clause = [*reversed(_clause(reversed(tokens[:index]))), "", *_clause(tokens[index + 1 :])]
    return any(
        (word in lexicon.BEFORE_NOW and before not in lexicon.BOUNDS)
        or (before == "last" and word in lexicon.LAST)
        for before, word in zip(["", *clause], clause, strict=False)
    )


def _is_taken_back(tokens: Sequence[Token], index: int) -> bool:
    """ "10 … NOT": a denial is all that follows."""
    after = [token.text for token in tokens[index + 1 :] if token.kind != "SEP"]
    return len(after) == 1 and after[0] in lexicon.TAKEN_BACK


def _clause(tokens: Iterable[Token]) -> list[str]:
    """The words up to whatever is none."""
    found = []
    for token in tokens:
        if token.kind != "WORD":
            break
        found.append(token.text)
    return found


def _is_wished(tokens: Sequence[Token], index: int) -> bool:
    """ "Kunne vært 10", "10 hadde vært for mye": what the mark might have been."""
    verb = _word_before(tokens, index, _BETWEEN)
    governed = verb >= 0 and tokens[verb].text in lexicon.MIGHT_BE
    if governed and not lexicon.MIGHT.isdisjoint(_clause(reversed(tokens[:verb]))):
        return True
    right = _clause(tokens[index + 1 : index + 4])
    might = bool(right) and right[0] in lexicon.WOULD
    return might and not lexicon.MIGHT_HAVE_BEEN.isdisjoint(right[1:])


def _would_be(tokens: Sequence[Token], index: int) -> bool:
    """ "Ville gitt 10": what it might have been where another mark follows."""
    verb = _word_before(tokens, index, _BETWEEN)
    governed = verb >= 0 and tokens[verb].text in lexicon.MIGHT_BE
    return governed and not lexicon.WOULD.isdisjoint(_clause(reversed(tokens[:verb])))


def _counts_people(tokens: Sequence[Token], index: int) -> bool:
    """ "9 av 10 nordmenn", "3 av 10 oppdrag ble løst": so many of ten things, not a mark out of ten."""
    following = _clause(tokens[index + 1 : index + 3])
    if tokens[index].kind != "SCORE" or not _OUT_OF_TEN.search(tokens[index].text) or not following:
        return False
    if following[0] in _MAY_FOLLOW_TEN or following[0].startswith(lexicon.STRONG):
        return False
    return (
        len(following) == 1
        or following[1] in lexicon.IS | lexicon.WAS | lexicon.RESULTS
        or _may_be_many(following[0])
    )


_OUT_OF_TEN = re.compile(rf"[^\W\d_]\s*(?:10|{any_of(lexicon.NUMBERS)})$")
_MAY_FOLLOW_TEN = (
    lexicon.AFTER | lexicon.FOLLOWERS | lexicon.BEFORE | lexicon.GIVERS | lexicon.PRAISE | lexicon.BLAME |
    lexicon.INTENSE
    | lexicon.THANKS | lexicon.POINTS | lexicon.STARS | lexicon.IS | lexicon.FILLERS
)  # fmt: skip


def _is_turned_round(tokens: Sequence[Token], score: int) -> bool:
    """ "1 svært fornøyd", "10 = dårligst", "10 elendig service": words of the other end of the scale."""
    if LOW < score < HIGH:
        return False
    said = {token.text for token in tokens if token.kind == "WORD"}
    right = [token.text for token in tokens[_place(tokens, score) + 1 :] if token.kind in ("WORD", "SEP")]
    if score >= HIGH and _denies_praise(right):
        return True
    fits, other = (lexicon.BLAME, lexicon.PRAISE) if score <= LOW else (lexicon.PRAISE, lexicon.BLAME)
    if not said.isdisjoint(
        fits | lexicon.DENIALS | lexicon.NOBODY | lexicon.MIGHT | lexicon.CONTRAST | lexicon.IF
    ):
        return False
    left = [token.text for token in tokens[: _place(tokens, score)] if token.kind in ("WORD", "SEP")][::-1]
    return _comes_to(right, other, forward=True) or _comes_to(left, other, forward=False)


def _place(tokens: Sequence[Token], score: int) -> int:
    return next(place for place, token in enumerate(tokens) if token.value == score)


def _denies_praise(right: Sequence[str]) -> bool:
    """ "10 ikke fornøyd"; not "10, kunne ikke vært bedre"."""
    said = [word for word in right if word[:1].isalpha() and word not in lexicon.INTENSE | lexicon.ARTICLES]
    return len(said) > 1 and said[0] in lexicon.DENIALS and said[1] in lexicon.PRAISE


LOW, HIGH = 2, 9  # the ends of the scale


def _comes_to(said: Sequence[str], wanted: frozenset[str], *, forward: bool) -> bool:
    """Whether one of the words comes next, after such as only lead to it, and describes the service."""
    for place, word in enumerate(said):
        if word in wanted:
            after = said[place + 1] if forward and place + 1 < len(said) else ""
            return not (after[:1].isalpha() and after not in _DESCRIBED)
        if word[:1].isalpha() and word not in _LEADING:
            return False
    return False


_LEADING = lexicon.INTENSE | lexicon.SERVED | lexicon.ARTICLES | lexicon.THANKS
_DESCRIBED = _LEADING | lexicon.PRAISE | lexicon.BLAME | lexicon.AFTER


def _left_is_free(tokens: Sequence[Token], index: int, *, asks: bool) -> bool:
    """Whether nothing to the left binds the number to something else."""
    number, adjacent = tokens[index], tokens[index - 1]
    at, fillers, someone = index - 1, 0, False
    while at >= 0 and tokens[at].text in _BETWEEN and fillers < 5:
        someone |= tokens[at].text in lexicon.PRONOUNS
        at, fillers = at - 1, fillers + 1
    if at >= 0 and _gives(tokens, at, someone=someone):
        return True
    if at < 0 or someone:
        return not (asks or someone)
    left = tokens[at]
    if left.kind == "WORD":
        return not asks and any(_may_stand_before(token.text) for token in (left, adjacent))
    if left.kind == "NUMBER":
        return fillers == 0 and left.value == number.value
    return left.kind in ("SEP", "SCORE", "ASIDE")


def _gives(tokens: Sequence[Token], at: int, *, someone: bool) -> bool:
    """Whether the word gives a mark, to somebody else than the one who writes."""
    word, subject = tokens[at].text, tokens[at - 1].text if at else ""
    if word in lexicon.RECEIVERS:
        return not someone and subject not in lexicon.PRONOUNS
    if word in lexicon.RESULTS:
        return subject in lexicon.IT
    if word in lexicon.WAS:  # "it was a 9" and "servicen var 9", but not "det var 4"
        it = not at or subject in lexicon.IT
        return subject in lexicon.SERVED or (it and tokens[at + 1].text in lexicon.ARTICLES)
    if word in lexicon.AFTER_VERB:  # "I'd go with 9", "gotta be a 9"
        return subject in lexicon.AFTER_VERB[word]
    return word in lexicon.GIVERS


def _may_stand_before(word: str) -> bool:
    return (
        word in lexicon.BEFORE
        or word in lexicon.SORRY
        or word.startswith(lexicon.STRONG)
        or word.endswith(lexicon.PRAISED)
    )


def _right_is_free(tokens: Sequence[Token], index: int) -> bool:
    """Whether nothing to the right is counted by the number."""
    if index + 1 == len(tokens):
        return True
    number, right = tokens[index], tokens[index + 1]
    if right.kind == "WORD":
        following = [token.text if token.kind == "WORD" else "" for token in tokens[index + 1 : index + 4]]
        return not _counts(following) and _may_follow(tokens, index, following)
    if right.kind == "NUMBER":
        return right.value == number.value
    return right.kind in ("SEP", "ASIDE") or right.text[0] in ":;=<^"


def _counts(following: Sequence[str]) -> bool:
    """ "3 veldig lange dager": a measure after words that only describe it."""
    for place, word in enumerate(following):
        if place and word in lexicon.UNITS:
            return True
        if word not in lexicon.QUALIFIERS:
            return False
    return False


def _may_follow(tokens: Sequence[Token], index: int, following: Sequence[str]) -> bool:
    number, word, then = tokens[index], following[0], (*following[1:], "")[0]
    if not lexicon.TIMES.isdisjoint(following) or (word in lexicon.TOWARDS and not then):
        return False
    if (
        word in _SAYS_HOW
        or word.startswith(lexicon.STRONG)
        or (word in lexicon.MEANT and then in lexicon.PRONOUNS)
    ):
        return True
    if not number.text.isdigit() or not _opens(tokens, index) or word in lexicon.TIES:
        return False
    if word in lexicon.IN or word in lexicon.IS:
        return then in (lexicon.AFTER_I if word in lexicon.IN else lexicon.AFTER_IS)
    if not then and word not in lexicon.FOLLOWERS:  # "2 pizza", but "2 ubrukelig"
        return word.endswith(lexicon.UNCOUNTED)
    many = (
        word not in lexicon.FOLLOWERS
        and number.value > 1
        and (_may_be_many(word) or (then.endswith("s") and _may_be_many(then)))
    )
    return not many


_SAYS_HOW = lexicon.AFTER | lexicon.PRAISE | lexicon.BLAME


def _may_be_many(word: str) -> bool:
    return len(word) > 2 and word.endswith(lexicon.PLURAL) and word not in lexicon.NOT_PLURAL


def _opens(tokens: Sequence[Token], index: int) -> bool:
    """Whether the number opens the reply, or a word that gives a mark leads to it."""
    giver = _word_before(tokens, index, _BETWEEN)
    return all(token.kind == "SEP" for token in tokens[:index]) or (
        giver >= 0 and _gives(tokens, giver, someone=False)
    )
