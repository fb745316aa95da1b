"""Who is asked, with the decision code."""
