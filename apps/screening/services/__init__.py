"""Verbs of screening.

Locks are taken in one order: the membership, then its attempt, then what belongs to the attempt.
"""
