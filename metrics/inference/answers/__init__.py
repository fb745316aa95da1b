"""Who is asked and who answers, and what their answers depend on and say.

In: counts by stratum, cross-products, comments. Out: weighted means, sampling ratios, drivers, themes.
Imports ``base``, ``compare`` and ``groups``.
"""
