"""Two groups whose observations have nothing in common.

In: the sums of both groups, whole or by stratum. Out: ``Difference``, like for like, and a gap's split.
Imports ``base``.
"""
