"""What a file is and how it is opened: text, workbooks, headers, quotation."""
