"""One module per page, each with ``show(frame)``.

Not called ``pages``: Streamlit would serve the files of such a folder by itself, past the navigation by role.
"""
