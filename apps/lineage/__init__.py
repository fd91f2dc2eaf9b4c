"""From a prompt to everything that came of it: completions and who wrote them, tasks, judgments, snapshots."""
