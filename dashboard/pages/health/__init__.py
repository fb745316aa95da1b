"""The page ``health``."""
