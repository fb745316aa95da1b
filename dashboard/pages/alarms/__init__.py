"""The page ``alarms``."""
