"""Questions and their wordings, linted."""
