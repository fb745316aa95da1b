"""Who called, as the columns of a stranger's file tell it: phone numbers and customers."""

from __future__ import annotations

import re

from data.files.profile import Column
from data.guess.values import Line, id_line, label, quoted
from texts.messages import say

_CUT_SHORT = re.compile(r"\d([.,]\d+)?[Ee]\+\d+")


def are_phones(column: Column) -> bool:
    """Whether what could be an id may be the numbers of phones: such long ids seldom begin in many ways."""
    bare = re.fullmatch(r"(call(er)? )?(number|nr|no)", column.words)
    like = all(re.fullmatch(r"\+?\d{8,15}", text) for text in column.texts)
    return bool(bare) and like and len({text[-9:-5] for text in column.texts}) > len(column.texts) // 10


def phone(column: Column) -> Line:
    """A phone number, unless a spreadsheet has cut it short: then it is that of many."""
    if short := next((text for text in column.texts if _CUT_SHORT.fullmatch(text)), None):
        return Line(None, [say("doubt.cut_short", column=column.name, example=short)])
    return label("phone", column)


def customer(column: Column) -> Line:
    """A customer's number; 0 is nobody's."""
    if any(map(_CUT_SHORT.fullmatch, column.texts)):
        return phone(column)
    words = sum(not re.search(r"\d|@", text) for text in column.texts)
    if _is_bare(column) and 2 * words > len(column.texts):
        return Line(None, [say("doubt.names", column=column.name, example=column.texts[0])])
    if column.words.startswith("user"):
        doubt = say("doubt.user", column=column.name)
        return Line(quoted(column.name), [doubt])
    zeros = [text for text in column.texts if re.fullmatch(r"0+(\.0+)?", text)]
    if len(zeros) * 100 > len(column.texts):
        doubt = say("doubt.zero_customer", zeros=len(zeros), zero=zeros[0])
        return Line(id_line(column, missing=f"[{quoted(zeros[0])}]"), [doubt])
    return Line(id_line(column))


def _is_bare(column: Column) -> bool:
    """Whether it is called a customer, not a customer's number: then names are what many are called."""
    return bool(re.fullmatch(r"cliente?|kunde|customer|requestor", column.words))
