"""Fixtures that every test may use. The cast is in `tests/cast.py`."""

from tests.cast import cast, project  # noqa: F401
