"""Writes of gold: making an item, and retiring it."""
