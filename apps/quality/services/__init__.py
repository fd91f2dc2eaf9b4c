"""Verbs of quality."""
