"""Vocabulary every app shares: canonical JSON, domain errors, the page and API frame around them."""
