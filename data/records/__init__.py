"""What an event is: models, reference data, identity, errors.

In: the fields of one record as they came. Out: the row of the log, or what is wrong with which field.
May import ``lake``.
"""
