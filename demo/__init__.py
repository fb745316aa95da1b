"""The demonstration: an invented company, its history, and traffic that goes on while Svar runs.

The code reads in this order: ``world`` (who they are), ``history`` (who gets in touch when), ``opinions``
(what they think), ``spelling`` (how they write it), ``around`` (cases, sales, visits), ``plan`` (all of it
in order), ``loading`` (played through the real path), ``traffic`` (the same, live).
"""

from demo.loading import CONTACTS, DAYS, SEED, Summary, load
from demo.marker import DemoError, is_loaded

__all__ = ["CONTACTS", "DAYS", "SEED", "DemoError", "Summary", "is_loaded", "load"]
