"""What people work on: queue, today, the story of a contact.

In: the store. Out: what a page lists, and what a person settles. May import the other rooms' results.
"""
