"""The page ``comparison``."""
