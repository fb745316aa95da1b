"""Cubes in memory."""
