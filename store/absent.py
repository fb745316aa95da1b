"""What somebody named is not there."""

from __future__ import annotations


class NotThereError(KeyError):
    """There is nothing of that name; the message says what."""

    def __str__(self) -> str:
        return str(self.args[0])
