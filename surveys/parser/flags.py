"""What in a reply a person should see: distress, a complaint, bad language, a question.

Pure; the phrases are those of the lexicon. All functions take a normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from surveys.parser import lexicon
from surveys.parser.opt_out import stops_something
from surveys.parser.phrases import Phrases

URGENCY = ("emergency", "complaint", "question", "swearing")
CORRECTION = "correction"  # of a score: nobody has to look at it
LEAST_ASKED = 6  # letters: a question mark alone ("8?") is no question

_FOUND = ("emergency", "complaint", "swearing", "question")  # as a reply's flags are listed
_FLAGS = {name: Phrases(lexicon.PHRASES[name], lexicon.LISTS) for name in _FOUND}
# "Ingenting å klage på", "klager ikke": the opposite of a complaint.
_CONTENT = Phrases(lexicon.PHRASES["content"], lexicon.LISTS)
_MASKED = re.compile(r"(?<!\w)[^\W\d]\*{2,}")  # "f***"
_FIRST = re.compile(r"[\W_]*+([^\W\d_]+)")
_LETTERS = re.compile(r"[^\W\d_]+")


def flags_of(plain: str) -> tuple[str, ...]:
    """The flags of a text."""
    if not _LETTERS.search(plain):
        return ()
    grave = _CONTENT.without(plain)
    found = {name for name, phrases in _FLAGS.items() if phrases.found_in(grave)}
    if _MASKED.search(plain):
        found.add("swearing")
    first = _FIRST.match(plain)
    if (first and first[1] in lexicon.ASKS_WITH) or stops_something(plain):
        found.add("question")
    if "?" in plain and sum(map(str.isalpha, plain)) >= LEAST_ASKED:
        found.add("question")
    return tuple(name for name in _FOUND if name in found)


def urgency_of(flags: Sequence[str]) -> int | None:
    """0 for an emergency, more for what can wait longer, None for nothing that a person must look at."""
    return min(
        (URGENCY.index(flag) if flag in URGENCY else len(URGENCY) for flag in flags if flag != CORRECTION),
        default=None,
    )
