"""A mapping proposed for a stranger's file.

In: the first rows of a file. Out: a mapping, with a doubt for everything that is not certain.
May import ``records`` and ``files``.
"""
