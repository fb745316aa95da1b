"""What is reached by HTTP: webhooks, the rating page."""
