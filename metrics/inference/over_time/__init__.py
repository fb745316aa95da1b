"""Series of days and weeks: alarms, targets and initiatives.

In: sums by day or week. Out: alarms with what was expected, forecasts, avoided contacts with their interval.
Imports ``base``.
"""
