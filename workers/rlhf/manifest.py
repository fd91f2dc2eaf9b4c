"""The manifest of a run: what made these files, from what, and what they hash to. Written last: it says "done"."""

import hashlib
import json
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from apps.core.domain.canonical import canonical_json
from apps.training.domain import specs
from workers.rlhf.files import describe_file, describe_files, write_atomically
from workers.rlhf.job import Job
from workers.rlhf.render import Renderer

MANIFEST = "manifest.json"
COMPLETIONS = "completions.jsonl"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a program's `run(job)` returns; `extra` are fields of the manifest that only this program has."""

    report: dict[str, Any]
    renderer: Renderer
    parameters: int
    extra: dict[str, Any] = field(default_factory=dict)


def code_version() -> str:
    """The first 12 hex digits of the sha256 over this package's sources and the specs'."""
    digest = hashlib.sha256()
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(specs.__file__)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def write_manifest(job: Job, outcome: Outcome) -> None:
    """OUTPUT/manifest.json, and a copy in the model folder where the program made one."""
    model, completions = job.model_folder, job.output / COMPLETIONS
    manifest = {
        "program": job.spec.program,
        "spec": job.spec.to_json(),
        "spec_sha256": job.spec.sha256,
        "seed": job.spec.seed,
        "code_version": code_version(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "transformers")},
        },
        "inputs": job.inputs,
        "renderer": {
            "template_sha256": outcome.renderer.template_sha256,
            "tokenizer_sha256": outcome.renderer.tokenizer_sha256,
        },
        "parameters": outcome.parameters,
        "files": describe_files(model, leave_out=MANIFEST)
        if model.is_dir()
        else {COMPLETIONS: describe_file(completions)},
        "report": outcome.report,
        "seconds": round(job.seconds, 3),
        **outcome.extra,
    }
    data = canonical_json(manifest)
    if model.is_dir():
        write_atomically(model / MANIFEST, lambda file: file.write(data))
    write_atomically(job.output / MANIFEST, lambda file: file.write(data))


def made_by(output: Path) -> str | None:
    """The spec_sha256 of the finished run in `output`, None where there is none."""
    path = output / MANIFEST
    return json.loads(path.read_bytes())["spec_sha256"] if path.is_file() else None
