"""Every sentence, name, number and date format, one folder a language.

In: codes and values. Out: words. Imports nothing of the project.
"""
