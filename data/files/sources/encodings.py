"""Which encoding a file of text is in, where it is not UTF-8."""

from __future__ import annotations

import re
from pathlib import Path

SAMPLE = 1 << 20  # bytes
_WESTERN = ("cp1252", "cp865", "mac_roman")  # Windows, DOS as in Norway, old Macs
_LETTER = "æøåÆØÅäöüÄÖÜéèêáíóúñçßÉÐðþ"


def encoding_of(path: Path) -> str:
    """The encoding in which the file's letters make words; ``utf-8`` for plain ASCII as well."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if utf16 := utf16_without_mark(head):
        return utf16
    if _is_utf8(head) and _is_utf8_to_its_end(path):
        return "utf-8"
    return max(_WESTERN, key=lambda name: (_letters(head, name), -_WESTERN.index(name)))


def utf16_without_mark(head: bytes) -> str:
    """``utf-16-le`` or ``-be`` where every other byte of a text is zero; else nothing."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 0.4 * len(head[::2]) or min(even, odd) > 0.05 * len(head[::2]):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == SAMPLE and error.start > len(head) - 4
    return True


def _is_utf8_to_its_end(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while file.read(SAMPLE):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _letters(head: bytes, name: str) -> int:
    """Letters of western languages beside plain ones, less the signs that never stand there."""
    text = head.decode(name, "replace")
    pairs = re.findall(r"(?<=[A-Za-z ,;\t\"\n])[^\x00-\x7f](?=[A-Za-z ,;\t\"\r\n])", text)
    return sum(1 if each in _LETTER else -1 for each in pairs)
