"""The page ``targets``."""
