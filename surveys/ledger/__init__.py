"""What is on record: claims, attempts, statuses, faults."""
