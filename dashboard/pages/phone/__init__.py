"""The page ``phone``."""
