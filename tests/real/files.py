"""Real files of other people's work: `REAL_DATA_DIR`, else `shared/data` beside the repository."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    return Path(os.environ.get("REAL_DATA_DIR") or ROOT.parent / "shared" / "data")


def real_file(name: str) -> Path:
    path = folder() / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path.name} in {folder()}; set REAL_DATA_DIR to the folder that has it")
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
