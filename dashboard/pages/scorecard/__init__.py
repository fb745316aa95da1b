"""The page ``scorecard``."""
