"""The container files, parsed once."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT: Path = settings.BASE_DIR


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="session")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return compose["services"]


@pytest.fixture(scope="session")
def dockerfile() -> str:
    """One instruction a line, comments left out."""
    text = (ROOT / "Dockerfile").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")


def load_script(name: str) -> ModuleType:
    """A program of `docker/`, which is no package, as a module."""
    spec = importlib.util.spec_from_file_location(f"container_{name}", ROOT / "docker" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def entrypoint() -> ModuleType:
    return load_script("entrypoint")


@pytest.fixture(scope="session")
def health() -> ModuleType:
    return load_script("health")
