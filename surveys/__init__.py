"""Asking customers: who, when, with which words, and what they answer.

In: contacts of the store and messages of the carrier. Out: messages, scores, and snapshots for the lake.
Read ``asking`` (the decision), ``sending`` (the worker), ``replies`` and ``parser`` (what they mean), then
``ledger`` (what is on record). May import ``data.records``, ``store``, ``lake`` and the build of ``metrics``.
"""
