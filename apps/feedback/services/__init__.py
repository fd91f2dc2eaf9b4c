"""Writes of feedback: reports and questions, a file each, and what words may be."""
