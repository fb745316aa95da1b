"""Alarms, targets, initiatives."""
