"""From the log to insight: facts, cubes, metrics and their comparison.

Read the modules in the order of the flow: ``drain`` (feed → log), ``changes`` (what new events change),
``fold`` (facts and cubes), ``build`` (publish), ``scope`` (who sees what), ``questions``, ``sources``,
``compose`` and ``reader`` (answers). ``catalogue`` says what can be asked, ``inference`` holds the
statistics.
"""

from metrics.answers import Comparison, Value
from metrics.catalogue import UnknownNameError
from metrics.opening import open_reader
from metrics.reader import Reader
from metrics.scope import Scope
from metrics.watch import watch

__all__ = [
    "Comparison",
    "Reader",
    "Scope",
    "UnknownNameError",
    "Value",
    "open_reader",
    "watch",
]
