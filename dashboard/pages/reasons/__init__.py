"""The page ``reasons``."""
