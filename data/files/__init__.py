"""Files in bulk: read, stage, validate, dedupe, report."""
