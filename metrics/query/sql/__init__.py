"""The one place that builds SQL from parts."""
