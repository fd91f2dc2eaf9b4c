"""What a manifest says of any program's work, whether it loads torch or not: the spec, the code, inputs and results."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from apps.training.domain import specs
from apps.training.domain.specs import Spec
from workers.rlhf.frame.errors import BadInput

MANIFEST = "manifest.json"
COMPLETIONS = "completions.jsonl"
PROGRAMS = Path(__file__).parents[1]


def code_version() -> str:
    """The first 12 hex digits of the sha256 over the programs' sources and the specs'."""
    digest = hashlib.sha256()
    for path in (*sorted(PROGRAMS.rglob("*.py")), Path(specs.__file__)):
        name = path.relative_to(PROGRAMS) if path.is_relative_to(PROGRAMS) else path.name
        digest.update(str(name).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def stamp(spec: Spec, inputs: Mapping[str, str], libraries: Sequence[str]) -> dict[str, Any]:
    return {
        "program": spec.program,
        "spec": spec.to_json(),
        "spec_sha256": spec.sha256,
        "seed": spec.seed,
        "code_version": code_version(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in libraries}},
        "inputs": dict(inputs),
    }


def made_by(output: Path) -> str | None:
    """The spec_sha256 of the finished run in `output`, None where there is none. Raises BadInput where it is damaged."""
    path = output / MANIFEST
    if not path.is_file():
        return None
    try:
        return str(json.loads(path.read_bytes())["spec_sha256"])
    except (ValueError, TypeError, LookupError) as error:
        raise BadInput(
            "output", f"output: {path} is damaged, so what was made there is not known; use an empty folder."
        ) from error
