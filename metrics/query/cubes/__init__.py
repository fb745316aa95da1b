"""Cubes in memory, column by column.

In: columns of a cube's slices. Out: the rows of a question's groups.
May import ``lake``, ``catalog`` and the question.
"""
