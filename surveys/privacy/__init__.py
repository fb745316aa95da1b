"""Retention and forgetting.

In: a person, or ages. Out: what was deleted, and a look for what is left. May import ``data.records``,
``lake`` and ``store``.
"""
