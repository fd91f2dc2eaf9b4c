"""Models, snapshots and runs to launch, and a finished program's output, made without any program."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.domain.canonical import canonical_json
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.training.models import TrainingRun
from apps.training.services.claim import Claim, training_claim
from apps.training.services.launch import training_launch
from apps.training.services.workspace import Workspace, claim_prepare
from tests.cast import Cast
from tests.datasets.scene import demonstrate, rank, snapshot
from tests.make import make_prompt

REWARD = {"min_comparisons": 1}


def safetensors(*shape: int, name: str = "w") -> bytes:
    """A whole safetensors file of one float32 tensor of zeros."""
    size = 4 * math.prod(shape)
    header = json.dumps({name: {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(size)


UNIT = {"zero": 0.5, "scale": 2.0, "from": "Zero is the mean raw reward of 5 demonstrations.", "n": 5}
WEIGHTS = safetensors(2, 3)


def make_model(project: Project | None, role: str = "sft", **fields: Any) -> ModelVersion:
    """A ready model with a folder in the store: a config and a hundred bytes of weights."""
    number = ModelVersion.objects.count() + 1
    name = hashlib.sha256(str(number).encode()).hexdigest()
    folder = Path(settings.ARTIFACT_ROOT) / "models" / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(100))
    values = {"state": "ready", "artifact_uri": f"artifact:{name}", "artifact_sha256": name} | fields
    return ModelVersion.objects.create(project=project, name=role, number=number, role=role, **values)


def rankings(cast: Cast, count: int = 1) -> DatasetSnapshot:
    for _ in range(count):
        rank(cast.labeler)
    return snapshot(cast)


def demonstrations(cast: Cast) -> DatasetSnapshot:
    demonstrate(cast.labeler, "Of course.")
    return snapshot(cast, "demonstrations")


def prompts(cast: Cast, count: int = 2) -> DatasetSnapshot:
    for _ in range(count):
        make_prompt(cast.project)
    return snapshot(cast, "prompts")


def launch_pretrain(project: Project, **fields: Any) -> TrainingRun:
    """The run that reads nothing."""
    return training_launch(actor=None, project=project, kind="pretrain", **{"spec": {}, **fields})


def launch_reward(cast: Cast, **fields: Any) -> TrainingRun:
    given = {"spec": REWARD} | fields
    given["snapshot"] = given.get("snapshot") or rankings(cast)
    given["parent_model"] = given.get("parent_model") or make_model(cast.project)
    return training_launch(actor=cast.researcher.user, project=cast.project, kind="reward", **given)


def claimed(run: TrainingRun) -> tuple[Claim, Workspace]:
    claim = training_claim(uid=run.uid, worker="train@here")
    assert claim
    return claim, claim_prepare(claim)


def finish_output(place: Workspace, run: Any, **extra: Any) -> dict[str, Any]:
    """What a training program leaves: a model folder, and the manifest that says so."""
    model = place.output / "model"
    model.mkdir(parents=True, exist_ok=True)
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(WEIGHTS)
    unit = {"normalisation": UNIT} if run.kind == "reward" else {}
    manifest = {
        "spec": run.spec, "code_version": "abc123", "files": files_of(model), "report": {"loss": 1.5}, **unit, **extra,
    }  # fmt: skip
    write_manifest(place, manifest)
    return manifest


def files_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        str(path.relative_to(folder)): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"
    }  # fmt: skip


def write_manifest(place: Workspace, manifest: dict[str, Any]) -> None:
    place.manifest.write_bytes(canonical_json(manifest))


def finish_generation(place: Workspace, run: Any, lines: list[dict[str, Any]]) -> None:
    """What `generate` leaves: completions, and the manifest."""
    (place.output / "completions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_manifest(place, {"spec": run.spec, "files": files_of(place.output), "report": {"completions": len(lines)}})
