"""Rows of training as pages and calls meet them, made without any worker."""

import hashlib
from itertools import count
from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.core.domain.canonical import sha256_hex
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.prompts.domain.hygiene import Rules
from apps.prompts.models import Completion, Prompt
from apps.registry.models import GenerationRun, ModelVersion
from apps.training.domain.specs import parse_spec
from apps.training.models import CandidateSet, CandidateSource, GenerationInput, LoopRun, RunMetric, TrainingRun

_numbers = count(1)


def a_hash() -> str:
    return hashlib.sha256(str(next(_numbers)).encode()).hexdigest()


def a_model(project: Project | None, role: str = "base", **fields: Any) -> ModelVersion:
    name = a_hash()
    values = {"name": f"my-{role}", "number": next(_numbers), "state": "ready"} | fields
    return ModelVersion.objects.create(
        project=project, role=role, artifact_uri=f"artifact:{name}", artifact_sha256=name, **values
    )


def a_snapshot(project: Project, kind: str = "rankings", **fields: Any) -> DatasetSnapshot:
    """A ready one, by its row alone."""
    values = {"state": "ready", "rows": 3, "sha256": a_hash(), "purpose": "training"} | fields
    return DatasetSnapshot.objects.create(project=project, kind=kind, **values)


def state_fields(state: str) -> dict[str, Any]:
    """What the constraints ask of a run in this state."""
    now = timezone.now()
    match state:
        case "running":
            return {"state": state, "claim_token": uuid4(), "heartbeat_at": now, "started_at": now, "attempt": 1}
        case "failed":
            return {"state": state, "finished_at": now, "failure": "It broke.", "failure_kind": "error"}
        case "done" | "cancelled":
            return {"state": state, "finished_at": now}
    return {"state": state}


INPUTS = {"pretrain": "", "sft": "demonstrations", "reward": "rankings", "ppo": "prompts"}
PARENT = {"sft": "base", "reward": "sft", "ppo": "sft"}
MADE = {"pretrain": "base", "sft": "sft", "reward": "reward", "ppo": "policy"}


def a_run(project: Project, kind: str = "pretrain", state: str = "queued", **fields: Any) -> TrainingRun:
    """A training run with whatever its kind reads and, when it is done, the model it made."""
    values: dict[str, Any] = {"reason": "To see.", "model_name": f"my-{kind}", **state_fields(state)}
    if kind in PARENT and "snapshot" not in fields:
        values["snapshot"] = a_snapshot(project, INPUTS[kind])
    if kind in PARENT and "parent_model" not in fields:
        values["parent_model"] = a_model(project, PARENT[kind])
    if kind == "ppo" and "reward_model" not in fields:
        values["reward_model"] = a_model(project, "reward")
    if state == "done" and "output_model" not in fields:
        values["output_model"] = a_model(
            project, MADE[kind], parent=fields.get("parent_model") or values.get("parent_model")
        )
    values |= {"spec": parse_spec(kind, {}).to_json(), "spec_sha256": a_hash()}
    return TrainingRun.objects.create(project=project, kind=kind, **(values | fields))


def a_generation(project: Project, state: str = "queued", **fields: Any) -> GenerationRun:
    snapshot = fields.pop("snapshot", None) or a_snapshot(project, "prompts")
    model = fields.pop("model_version", None) or a_model(project, "policy")
    run = GenerationRun.objects.create(
        project=project, model_version=model, spec=parse_spec("generate", {}).to_json(), spec_sha256=a_hash(),
        sampling={"temperature": 1.0, "top_p": 1.0, "seed": 0}, **(state_fields(state) | fields),
    )  # fmt: skip
    GenerationInput.objects.create(run=run, snapshot=snapshot)
    return run


def a_loop(project: Project, state: str = "running", **fields: Any) -> LoopRun:
    ended = {} if state == "running" else {"finished_at": timezone.now()}
    said = {"failed": {"failure": "It broke."}, "done": {"tasks_created": 2}}.get(state, {})
    values = {"trigger": "hand", "reason": "To see.", "prompts_wanted": 5, "comparisons_seen": 7, **ended, **said}
    if "base_model" not in fields:
        values["base_model"] = a_model(project)
    return LoopRun.objects.create(project=project, state=state, **(values | fields))


def a_candidate_set(project: Project, count: int = 2, state: str = "running", **fields: Any) -> CandidateSet:
    """With a queued run of each model."""
    ended = {} if state == "running" else {"finished_at": timezone.now()}
    said = {"failed": {"failure": "It broke."}, "done": {"tasks_created": 2}}.get(state, {})
    values = {"k": 4, "rules": Rules().to_json(), "sha256": a_hash(), "reason": "To see.", **ended, **said}
    snapshot = fields.pop("snapshot", None) or a_snapshot(project, "prompts")
    made = CandidateSet.objects.create(project=project, state=state, snapshot=snapshot, **(values | fields))
    for place in range(count):
        run = a_generation(project, snapshot=snapshot)
        CandidateSource.objects.create(candidate_set=made, place=place, run=run, share=1)
    return made


def some_metrics(run: TrainingRun, **curves: list[float]) -> None:
    """Each curve's values at steps 1, 2, 3, ..."""
    RunMetric.objects.bulk_create(
        RunMetric(run=run, name=name, step=step, value=value)
        for name, values in curves.items()
        for step, value in enumerate(values, start=1)
    )


def a_completion(run: GenerationRun, prompt: Prompt, index: int = 0) -> Completion:
    text = f"Reply {index}"
    return Completion.objects.create(
        prompt=prompt, body=text, body_sha256=sha256_hex(text), origin="model", model_version=run.model_version,
        generation_run=run, sample_index=index, sampling=run.sampling, finish_reason="stop",
    )  # fmt: skip
