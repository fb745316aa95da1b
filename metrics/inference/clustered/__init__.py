"""Two groups of observations that share a cluster."""
