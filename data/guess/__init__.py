"""A mapping proposed for a stranger's file."""
