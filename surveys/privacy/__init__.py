"""Retention and forgetting."""
