"""Writes of the labeling room, a verb family a file: tasks, claim, leases, judgments.

Lock order, everywhere: membership, then assignment, then task; one reaper at a time, by an advisory lock. Before all of
them come the locks of `beside_gold`, where gold is made or work is opened. Every lock is NO KEY, so that inserting a row
that points at the locked one does not wait.
"""
