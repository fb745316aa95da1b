"""Results in sentences of Norwegian and English.

In: results of ``metrics.inference`` and ``metrics.analysis``. Out: sentences; no number is computed here.
Imports ``catalog``, ``inference`` and the results of ``analysis``.
"""
