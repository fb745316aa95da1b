"""The worker: claims what is due, posts it, records what became of it.

In: decisions and follow-ups that are due. Out: posts to the carrier, each attempt on record before it.
May import ``asking``, ``carriers``, ``ledger``, ``questions`` and ``replies``.
"""
