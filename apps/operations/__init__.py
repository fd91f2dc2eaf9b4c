"""Health, metrics, and what the workers are doing."""
