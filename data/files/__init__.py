"""Files in bulk: read, stage, validate, dedupe, report.

In: a file and a mapping. Out: one batch of the log, the refused rows, and a summary.
May import ``records``, ``lake`` and ``store``.
"""
