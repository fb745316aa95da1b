"""The page ``coverage``."""
