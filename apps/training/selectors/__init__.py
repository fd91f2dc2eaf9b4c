"""Reads about training: runs and models, curves, and where the loop stands."""
