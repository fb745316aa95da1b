"""What comes in: records, over HTTP, in files, or from a watched folder.

In: events and files of other systems. Out: records in the store, batches in the log, and what was refused.
Read ``records`` (what an event is) first, then ``api`` and ``files``, then ``guess``. May import ``store``
and ``lake``; only the command and the watched folder start a build.
"""
