"""Verbs of adjudication."""
