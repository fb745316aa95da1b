"""What a file is and how it is opened: text, workbooks, headers, quotation.

In: a path. Out: columns of text in DuckDB, with notes of what was repaired. Knows no record.
"""
