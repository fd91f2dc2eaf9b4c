"""What the causes of disagreement read of earlier apps, as columns."""
