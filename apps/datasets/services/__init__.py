"""Writes of snapshots: request, build, and the files derived from the records."""
