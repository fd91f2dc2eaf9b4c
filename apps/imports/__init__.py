"""Prompts, completions and judgments from elsewhere, line by line."""
