"""Writes of training: launching runs and steering them, the worker's side of a run, and the store of models."""
