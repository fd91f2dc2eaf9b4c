"""A small language of our own, for demos and tests where no model hub is reachable."""
