"""What the container files promise, read from the files: no engine is asked."""
