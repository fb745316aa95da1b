"""The page ``groups``."""
