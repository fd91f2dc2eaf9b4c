"""The report card of a reward model: what the proxy has learned, and what it must be read beside."""
