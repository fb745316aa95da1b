"""Replies: stored first, read afterwards; the conversation.

In: messages of customers. Out: scores, stops, corrections and the next question.
May import ``parser``, ``questions``, ``ledger`` and ``store``.
"""
