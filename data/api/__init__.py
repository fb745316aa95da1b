"""Events over HTTP.

In: JSON of one record or many, with the token of a source. Out: what became of each, and rows of the store.
May import ``records``, ``files`` (mappings), ``store`` and ``lake``.
"""
