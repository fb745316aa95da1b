"""Fifty people in front of open pages: their sessions, what they see, and what that costs the server."""
