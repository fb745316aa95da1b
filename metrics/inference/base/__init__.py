"""Sufficient statistics and what one group of them says.

In: sums. Out: ``Estimate`` with its interval, thresholds of n, and the reasons why a number is missing.
Imports no other part of the statistics.
"""
