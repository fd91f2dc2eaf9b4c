"""Training: runs and their metrics, the loop that chains them, and when it starts by itself."""
