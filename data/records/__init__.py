"""What an event is: models, reference data, identity, errors."""
