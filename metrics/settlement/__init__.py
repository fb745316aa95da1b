"""What a partner is paid for a month: an incentive file and the month's figures in, lines with øre out.

The core (incentive, figures, evaluate) is pure: whole øre and exact fractions, no clock, no file and no
database. ``months`` reads figures through a reader of the partner's scope, ``closing`` freezes a month,
``simulation`` asks what another file would have paid. May import the metrics package, ``store``,
``settings`` and ``texts``.
"""
