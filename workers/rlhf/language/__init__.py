"""Conversations as tokens, models and tokenizers from folders, and what is read off a model."""
