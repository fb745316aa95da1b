"""The page ``queue``."""
