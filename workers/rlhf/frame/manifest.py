"""The manifest of a run: what made these files, from what, and what they hash to. Written last: it says "done"."""

from dataclasses import dataclass, field
from typing import Any

from apps.core.domain.canonical import canonical_json
from workers.rlhf.frame.files import describe_file, describe_files, write_atomically
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.stamp import COMPLETIONS, MANIFEST, made_by, stamp
from workers.rlhf.language.render import Renderer

__all__ = ["COMPLETIONS", "MANIFEST", "Outcome", "made_by", "write_manifest", "write_model_manifest"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a program's `run(job)` returns; `extra` are fields of the manifest that only this program has."""

    report: dict[str, Any]
    renderer: Renderer
    parameters: int
    extra: dict[str, Any] = field(default_factory=dict)


def write_manifest(job: Job, outcome: Outcome, machine: dict[str, Any]) -> None:
    """OUTPUT/manifest.json, and a copy in the model folder where the program made one."""
    data = _manifest(job, outcome, machine)
    if job.model_folder.is_dir():
        write_atomically(job.model_folder / MANIFEST, lambda file: file.write(data))
    write_atomically(job.output / MANIFEST, lambda file: file.write(data))


def write_model_manifest(job: Job, outcome: Outcome, machine: dict[str, Any]) -> None:
    """The model folder's alone: of a model that is whole while its run goes on, so that OUTPUT does not say "done"."""
    data = _manifest(job, outcome, machine)
    write_atomically(job.model_folder / MANIFEST, lambda file: file.write(data))


def _manifest(job: Job, outcome: Outcome, machine: dict[str, Any]) -> bytes:
    model, completions = job.model_folder, job.output / COMPLETIONS
    manifest = {
        **stamp(job.spec, job.inputs, ("torch", "transformers")),
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
        "machine": machine,
        **outcome.extra,
    }
    return canonical_json(manifest)
