"""Times, clocks and zones in a stranger's columns."""
