"""The page ``live``."""
