"""What people work on: queue, today, the story of a contact."""
