"""From the log to a published version: dirty partitions are made anew, checked and published.

In: batches of the log and the store's feed. Out: facts, cubes and the manifest (``lake/``).
A round goes drain → placement (where each event belongs) → invalidation (what it makes dirty) →
partitions (made anew) → checks → published. May import ``lake``, ``store`` and ``metrics.catalog``.
"""
