"""What is on record: claims, attempts, statuses, faults.

In: what carriers report and workers did. Out: the state of each message and survey, and snapshots.
May import ``data.records``, ``store`` and what carriers report.
"""
