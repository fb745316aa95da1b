"""From the log to insight: facts, cubes, metrics and their comparison.

Read the modules in the order of the flow: ``drain`` (feed → log), ``changes`` (what new events change),
``fold`` (facts and cubes), ``build`` (publish), ``scope`` (who sees what), ``questions``, ``sources``,
``compose`` and ``reader`` (answers). ``catalogue`` says what can be asked, ``inference`` holds the
statistics.
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
