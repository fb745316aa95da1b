"""Times, clocks and zones in a stranger's columns.

In: the values of columns. Out: which column is which time, its format and zone, and doubts.
"""
