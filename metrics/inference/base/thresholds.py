"""How many observations a statement needs. Every minimum of the product stands here and nowhere else."""

from __future__ import annotations

HIDDEN = 5  # fewer are hidden from partners: a single customer could be recognised
TOO_FEW = 10  # fewer give no number at all, only "too few"
ALWAYS_VALID = 30  # per group, before an always-valid interval is shown
SHRUNK = 40  # fewer are drawn towards what is common to their peers
RANKED = 50  # per group, before rankings, bands and verdicts
CLUSTERS = 40  # fewer clusters than this are compared by their means
