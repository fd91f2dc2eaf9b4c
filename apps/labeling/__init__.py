"""The heart: tasks, leases, judgments."""
