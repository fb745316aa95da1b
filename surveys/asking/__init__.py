"""Who is asked, with the decision code.

In: a contact, its history, the rules and the time. Out: ask, wait or skip, and why.
``rules`` is pure; ``decide`` claims and writes in one transaction. May import ``questions``, ``store`` and
what a carrier takes.
"""
