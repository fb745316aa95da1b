"""Query, snapshot, group, answer."""
