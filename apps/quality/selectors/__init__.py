"""What quality reads of labeling, as columns."""
