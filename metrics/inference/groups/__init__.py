"""Many groups: which of them differ, how small ones are shown, and which are hidden.

In: the sums of each group by name. Out: shrunk values, funnel points, ranks and names of hidden groups.
Imports ``base``.
"""
