"""Questions people ask, from answers and statistics; no sentences."""
