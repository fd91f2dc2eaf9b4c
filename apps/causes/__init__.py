"""Why labelers disagree: noise, pluralism, an unclear guideline, a bad prompt."""
