"""The page script that Streamlit runs.

In a folder of its own: what is called ``pages`` beside it, Streamlit would serve by itself.
"""
