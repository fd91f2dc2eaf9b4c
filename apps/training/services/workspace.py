"""A run's folder, `ARTIFACT_ROOT/runs/<uid>`: what its program reads, writes and says.

It outlives an attempt, so that the next one finds the checkpoint; it is emptied when the run is done.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.domain.canonical import canonical_json
from apps.datasets.models import DatasetSnapshot
from apps.datasets.services.artifacts import artifact_path
from apps.registry.models import GenerationRun
from apps.registry.run import FailureKind

from ..domain.room import bytes_needed
from ..domain.specs import DEMONSTRATIONS, PROMPTS, RANKINGS
from ..models import TrainingRun
from .claim import Claim, held
from .places import PREVIOUS, linked_models

CURVES = "tensorboard"
FILES = {"rankings": RANKINGS, "demonstrations": DEMONSTRATIONS, "prompts": PROMPTS}


class Refused(Exception):
    """The run cannot start here. `kind` is a FailureKind, the text a sentence."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Workspace:
    folder: Path

    @property
    def spec(self) -> Path:
        return self.folder / "spec.json"

    @property
    def input(self) -> Path:
        return self.folder / "input"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    @property
    def metrics(self) -> Path:
        return self.output / "metrics.jsonl"

    @property
    def manifest(self) -> Path:
        return self.output / "manifest.json"

    @property
    def failure(self) -> Path:
        return self.output / "failure.json"

    @property
    def is_done(self) -> bool:
        """The program writes its manifest last, so a run with one has only to be stored."""
        return self.manifest.is_file()


def workspace_of(claim: Claim) -> Workspace:
    return Workspace(Path(settings.ARTIFACT_ROOT) / "runs" / str(claim.uid))


def claim_prepare(claim: Claim) -> Workspace:
    """The folder with the spec and links to the inputs. Raises Refused where a file is gone or the disk too full."""
    place = workspace_of(claim)
    with held(claim) as run:
        spec, snapshots, models = run.spec, _snapshots(run), _models(run)
    place.output.mkdir(parents=True, exist_ok=True)
    place.failure.unlink(missing_ok=True)  # an earlier attempt's
    if not place.is_done:
        _require_room(claim.program, spec, models)
    place.spec.write_bytes(canonical_json(spec))
    links = {FILES[one.kind]: _snapshot_file(one) for one in snapshots} | models
    _link(place.input, links)
    return place


def workspace_clear(place: Workspace) -> None:
    """A done run keeps its spec, its log and its curves for TensorBoard."""
    if (place.output / CURVES).is_dir():
        shutil.rmtree(place.folder / CURVES, ignore_errors=True)
        (place.output / CURVES).rename(place.folder / CURVES)
    for folder in (place.input, place.output):
        shutil.rmtree(folder)


def _snapshots(run: Any) -> list[DatasetSnapshot]:
    if isinstance(run, GenerationRun):
        return [run.input.snapshot]
    assert isinstance(run, TrainingRun)
    return [one for one in (run.snapshot, run.demonstrations) if one]


def _models(run: Any) -> dict[str, Path]:
    """By the names that the program's input has for them. Raises Refused where a folder is gone."""
    if isinstance(run, GenerationRun):
        folders = linked_models("generate", parent_model=run.model_version)
    else:
        folders = linked_models(
            run.kind, parent_model=run.parent_model, reward_model=run.reward_model, previous_model=run.previous_model
        )
    for name, folder in folders.items():
        if not (folder / "config.json").is_file():
            raise Refused(FailureKind.DATA, f"{name}: the model's folder {folder} is gone.")
    return folders


def _snapshot_file(snapshot: DatasetSnapshot) -> Path:
    path = artifact_path(snapshot.sha256)
    if not path.is_file():
        raise Refused(FailureKind.DATA, f"{FILES[snapshot.kind]}: the snapshot's file {path} is gone.")
    return path


def _link(folder: Path, links: dict[str, Path]) -> None:
    """Exactly these links, each put in place in one step: a former attempt's program may still be reading."""
    folder.mkdir(exist_ok=True)
    for name, target in links.items():
        new = folder / f".{name}.new"
        new.unlink(missing_ok=True)
        new.symlink_to(os.path.abspath(target))
        new.replace(folder / name)


def _require_room(program: str, spec: dict[str, Any], models: dict[str, Path]) -> None:
    learning = [folder for name, folder in models.items() if name != PREVIOUS]  # that one is only asked
    needed = bytes_needed(program, spec, sum(map(_weights, learning)))
    free = shutil.disk_usage(settings.ARTIFACT_ROOT).free
    if free < needed:
        raise Refused(
            FailureKind.DISK,
            f"The run needs about {_size(needed)} in {settings.ARTIFACT_ROOT} for its checkpoints and what it makes, "
            f"and the disk has {_size(free)} free.",
        )


def _weights(folder: Path) -> int:
    """Bytes of its weights, doubled where they are stored by halves: programs compute with 4 bytes a number."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.suffix in (".safetensors", ".bin"))
    config = json.loads((folder / "config.json").read_text())
    stored = config.get("dtype") or config.get("torch_dtype")
    return 2 * size if stored in ("float16", "bfloat16") else size


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
