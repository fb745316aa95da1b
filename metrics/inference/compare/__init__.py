"""Two groups."""
