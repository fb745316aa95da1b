"""How Svar's server processes log: one line each, and no line that tells a phone number."""

from __future__ import annotations

import logging


def set_up() -> None:
    """Log to standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "alembic"):  # httpx names URLs, and so phone numbers
        logging.getLogger(chatty).setLevel(logging.WARNING)
