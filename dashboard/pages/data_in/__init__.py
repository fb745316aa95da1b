"""The page ``data_in``."""
