"""A question within a scope, and its answer.

In: a published version and a question by names. Out: values with n and interval, or the reason why not.
``scope`` says what may be seen and holds the cubes in memory; ``reader`` answers; what no cube holds is
scanned by ``sql``. May import ``lake``, ``catalog`` and ``inference``.
"""
