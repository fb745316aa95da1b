"""The one place that builds SQL from parts.

In: a question and the tables of a scope. Out: one statement with its parameters.
Only names of the catalogue go into the text. May import ``lake`` and ``catalog``.
"""
