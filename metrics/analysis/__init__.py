"""Questions of people answered: comparisons, rankings, alarms, targets, initiatives, drivers, comments.

In: a reader and what is asked of it. Out: results of ``metrics.inference`` with the names of groups and days.
Imports ``catalog``, ``query`` and ``inference``; no page, no store.
"""
