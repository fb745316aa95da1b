"""Text to score, stop, start or unclear. Pure.

In: the text of a reply. Out: what it means, with flags. Knows no store and no clock.
May import ``questions``, whose words are taken off before reading.
"""
