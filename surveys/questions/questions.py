"""The questions, as one TOML file says them: which there are, when they are asked, and how they sound."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("questions.toml")
LANGUAGES = ("nb", "nn", "en")
NORWEGIAN = ("nb", "nn")
Kind = Literal["scale", "choice", "text"]
_CONDITIONS = {"score_to", "score_from", "tried", "unknown_tried"}


class QuestionsError(ValueError):
    """The questions file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Question:
    """One question. ``text`` holds its wording per language as an SMS, ``web`` on the rating page."""

    id: str
    kind: Kind
    priority: int
    when: Mapping[str, Any]
    text: Mapping[str, str]
    web: Mapping[str, str]

    def applies(self, score: int | None, tried: bool | None) -> bool:
        """Whether its conditions hold for this score and for what is known of website and app."""
        return all(_holds(name, wanted, score, tried) for name, wanted in self.when.items())


def _holds(name: str, wanted: Any, score: int | None, tried: bool | None) -> bool:
    if name == "tried":
        return tried is wanted
    if name == "unknown_tried":
        return (tried is None) is wanted
    return score is not None and bool(score <= wanted if name == "score_to" else score >= wanted)


@dataclass(frozen=True)
class Questions:
    """All of the file. The first question is the opening one."""

    version: str
    max_messages: int
    questions: tuple[Question, ...]
    clarification: Mapping[str, Mapping[str, str]]
    link: Mapping[str, str]
    page: Mapping[str, Mapping[str, str]]

    @property
    def opening(self) -> Question:
        return self.questions[0]

    def by_id(self, name: str) -> Question | None:
        """The question of that id, or None where the file no longer has it."""
        return next((question for question in self.questions if question.id == name), None)

    def next(
        self, contact_id: str, answered: Mapping[str, int | None], tried: bool | None
    ) -> Question | None:
        """The follow-up to ask after these answers (id → value), or None when there is none left."""
        if answered.get("tried_self_service") is not None:
            tried = answered["tried_self_service"] == 1
        score = answered.get("score")
        open_ones = [q for q in self.questions[1:] if q.id not in answered and q.applies(score, tried)]
        return min(open_ones, key=lambda q: (q.priority, _turn(contact_id, q.id)), default=None)


def language_of(wordings: Mapping[str, str], replied: str, language: str) -> str:
    """The language to answer in: the reply's own where it has a wording, else the contact's.

    Between the two forms of Norwegian the contact's stands: a short reply hardly tells them apart.
    """
    return replied if replied in wordings and replied not in NORWEGIAN else language


def say(wordings: Mapping[str, str], language: str, values: Mapping[str, str]) -> str:
    """A wording in the customer's language (Norwegian where it is not given) with its placeholders filled."""
    text = wordings[language if language in wordings else "nb"]
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _turn(contact_id: str, question: str) -> bytes:
    # A different order for every contact, the same every time.
    return hashlib.blake2b(f"{contact_id}\0{question}".encode("utf-8", "replace"), digest_size=8).digest()


@lru_cache(maxsize=8)
def load(path: Path = FILE) -> Questions:
    """Read and check the file. QuestionsError names the question and what is wrong with it."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        questions = tuple(_question(item) for item in data["question"])
        loaded = Questions(
            data["version"],
            data["max_messages"],
            questions,
            _tables(data, "clarification"),
            _wordings(data["link"], "link"),
            _tables(data, "page"),
        )
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise QuestionsError(f"{path}: {error}") from error
    except KeyError as error:
        raise QuestionsError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, AttributeError) as error:
        raise QuestionsError(f"{path}: something is not what it should be (text, number or table)") from error
    if not questions or questions[0].kind != "scale" or questions[0].id != "score":
        raise QuestionsError(f"{path}: the first question must be `score`, of kind scale")
    ids = [question.id for question in questions]
    if len(set(ids)) < len(ids):
        raise QuestionsError(f"{path}: two questions have the same id")
    if not isinstance(loaded.max_messages, int) or not 1 <= loaded.max_messages <= 3:
        raise QuestionsError(f"{path}: max_messages must be 1, 2 or 3")
    return loaded


def _question(item: Mapping[str, Any]) -> Question:
    if item["kind"] not in ("scale", "choice", "text"):
        raise QuestionsError(f"question {item['id']}: kind {item['kind']} is not scale, choice or text")
    unknown = set(item.get("when", {})) - _CONDITIONS
    if unknown:
        raise QuestionsError(f"question {item['id']}: unknown condition {', '.join(sorted(unknown))}")
    priority = item.get("priority", 1)
    if not isinstance(priority, int):
        raise QuestionsError(f"question {item['id']}: priority {priority!r} is no whole number")
    return Question(
        item["id"],
        item["kind"],
        priority,
        item.get("when", {}),
        _wordings(item["text"], f"question {item['id']}"),
        _wordings(item["web"], f"question {item['id']}.web"),
    )


def _tables(data: Mapping[str, Any], name: str) -> dict[str, Mapping[str, str]]:
    return {key: _wordings(texts, f"{name}.{key}") for key, texts in data[name].items()}


def _wordings(texts: Any, where: str) -> Mapping[str, str]:
    if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in texts.values()):
        raise QuestionsError(f"{where}: a wording is text, one for each language")
    return texts
