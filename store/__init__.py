"""The operational store: the one package whose statements know SQLite and PostgreSQL.

Everything live passes through it: records as they come in, the decision about each contact, the 24-hour
slots, messages, replies, and the feed that carries all of it on to the lake. SQLite by default,
PostgreSQL when several machines share the work; the statements are the same text.
"""

from store.engine import Absence, Store, StoreFault, is_away, is_passing, open_store

__all__ = ["Absence", "Store", "StoreFault", "is_away", "is_passing", "open_store"]
