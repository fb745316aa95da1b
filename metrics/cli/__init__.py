"""Sub-commands of ``python -m metrics``, one file for each subject.

In: options. Out: a table, or one JSON document. May import all of ``metrics``.
"""
