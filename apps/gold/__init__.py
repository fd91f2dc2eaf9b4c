"""Tasks whose answer is known, repeats of one's own, and what they say of a labeler."""
