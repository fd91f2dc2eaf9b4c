"""Other people's programs really read what we write, and we read what they write.

They run in `.venv/consumers` as subprocesses (`python -m launcher.consumers` makes it), one for all trainers, because
importing them costs more than what they do here.
"""
