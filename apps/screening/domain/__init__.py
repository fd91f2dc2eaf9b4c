"""Exams of would-be labelers: what one is, what was answered, what it is worth. Pure."""
