"""A labeler's own page."""
