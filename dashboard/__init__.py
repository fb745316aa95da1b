"""What people see. Pages and figures over ``metrics``; no SQL and no arithmetic here.

``main`` is the page script, ``access`` says who sees what, ``context`` holds what the process shares.
"""
