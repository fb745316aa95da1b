"""The files: the log, the partitions made from it, and the manifest that names what is published.

In: batches of the log. Out: published versions, read by any number of processes.
Knows no metric. Imports nothing else of the project.
"""
