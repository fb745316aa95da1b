"""Who answers, and what they say."""
