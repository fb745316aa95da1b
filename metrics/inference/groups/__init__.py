"""Many groups."""
