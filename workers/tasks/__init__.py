"""The Celery side of a long run: claim its row, supervise its program, record how it ended. No torch here."""
