"""Training over the API, by what it speaks of."""
