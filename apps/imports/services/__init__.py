"""Writes of imports: create the row, run a file through it batch by batch, pick up what a dead worker left."""
