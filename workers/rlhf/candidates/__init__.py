"""Completions for people to rank: how they are drawn and written."""
