"""Sufficient statistics, estimates, thresholds, why a number is missing."""
