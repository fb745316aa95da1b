"""What is reached by HTTP: webhooks, the rating page, the simulated phone.

In: signed posts of the carrier and visits of customers. Out: rows of the inbox, an answer at once.
May import ``replies``, ``carriers``, ``ledger``, ``questions`` and ``sending``.
"""
