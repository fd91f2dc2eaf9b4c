"""Fixtures that every test may use. The cast is in `tests/cast.py`."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.cast import cast, project  # noqa: F401


@pytest.fixture(autouse=True)
def artifact_root(settings: Settings, tmp_path: Path) -> Path:
    """Files of imports and snapshots go to the test's own folder."""
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    return settings.ARTIFACT_ROOT
