"""Pages of the training loop, by what they show."""
