"""What pages are built of: cards, charts, tables, filters, theme.

In: results of ``metrics``. Out: figures and HTML; no query is asked here.
May import ``metrics`` and ``texts``.
"""
