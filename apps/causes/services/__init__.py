"""Verbs of the causes of disagreement."""
