"""Folders as the launcher meets them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.scratch import scratch_folder


@pytest.fixture
def state() -> Iterator[Path]:
    """An empty state folder that every account may pass through, which pytest's own tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="launcher-test-", dir=scratch_folder()) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
