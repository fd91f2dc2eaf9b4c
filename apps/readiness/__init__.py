"""Whether one can train on what is there today, and what is missing."""
