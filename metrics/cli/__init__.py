"""Sub-commands of ``python -m metrics``, one file for each subject."""
