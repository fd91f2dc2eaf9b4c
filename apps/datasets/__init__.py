"""Immutable snapshots and their files."""
