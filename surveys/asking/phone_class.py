"""What kind of phone number a contact has: one that can be texted, or why not."""

from __future__ import annotations

from functools import lru_cache

from data.records.identity import is_mobile
from surveys.asking.rules import NumberClass


@lru_cache(maxsize=200_000)
def number_class(phone: str | None, *, demo: bool) -> NumberClass:
    """The class of a number as intake stored it: E.164, the unreadable original, or None."""
    if not phone:
        return "no_number"
    if not (phone.startswith("+") and phone[1:].isdecimal() and phone.isascii() and 8 <= len(phone) <= 16):
        return "invalid_number"
    return "mobile" if is_mobile(phone, demo=demo) else "not_mobile"
