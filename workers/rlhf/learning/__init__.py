"""Supervised steps: the optimiser, the loop over epochs, demonstrations."""
