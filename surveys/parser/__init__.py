"""Text to score, stop, start or unclear. Pure."""
