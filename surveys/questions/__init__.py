"""Questions and their wordings, linted.

In: ``questions.toml``. Out: the text of an SMS in the customer's language, with its segments.
"""
