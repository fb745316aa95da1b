"""Stored first, read afterwards; the conversation."""
