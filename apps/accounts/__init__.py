"""People who sign in, and the tokens of their programs."""
