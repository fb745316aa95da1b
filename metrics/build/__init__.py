"""From the log to a published version: dirty partitions are made anew, checked and published.

In: batches of the log and the store's feed. Out: facts, cubes and the manifest (``lake/``).
A round goes drain → placement (where each event belongs) → invalidation (what it makes dirty) →
partitions (made anew) → checks → published. May import ``lake``, ``store``, ``lake.log`` and the
catalogue of models.
"""

from metrics.build.refresh import build, build_on_spark, current_version, refresh, refresh_step

__all__ = ["build", "build_on_spark", "current_version", "refresh", "refresh_step"]
