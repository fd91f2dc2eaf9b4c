"""Disagreements settled by a third person, and the rankings of one task made into one."""
