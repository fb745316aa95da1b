"""Two groups whose observations share an agent, a day or a customer.

In: the sums of both groups by cluster. Out: the same results as ``compare``, as sure as clusters allow.
Imports ``base`` and ``compare``.
"""
