"""What can be asked: metrics, dimensions, models, by name."""
