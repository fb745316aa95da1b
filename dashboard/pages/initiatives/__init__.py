"""The page ``initiatives``."""
