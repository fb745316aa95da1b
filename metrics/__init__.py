"""From the log to insight: facts, cubes, metrics and their comparison.

In: the log and the store's feed. Out: answers with n, interval and, where there is no number, the reason.
Read the rooms in this order: ``catalog`` (what can be asked), ``build`` (log → published version), ``query``
(a question and its answer), ``inference`` (statistics), ``analysis`` (questions of people), ``settlement``
(a partner's month in kroner), ``wording`` (sentences), ``cli``. May import ``lake`` and ``store``.
"""

from metrics.catalog.catalog import UnknownNameError
from metrics.query.answers import Comparison, Value
from metrics.query.pool import open_reader
from metrics.query.reader import Reader
from metrics.query.scope import Scope

__all__ = [
    "Comparison",
    "Reader",
    "Scope",
    "UnknownNameError",
    "Value",
    "open_reader",
]
