"""What can be asked: metrics, dimensions, models, by name.

In: ``catalog.toml`` and the SQL beside it. Out: entries, columns and the text of each model.
May import ``lake``.
"""
