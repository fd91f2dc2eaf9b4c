"""Who labels, how well, and why they disagree."""
