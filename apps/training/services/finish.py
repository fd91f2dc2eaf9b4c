"""The end of a run that went well: its artifact stored and registered, or its completions stored, then the row done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.prompts.services import completions_store
from apps.registry.domain.licence import UNKNOWN
from apps.registry.models import GenerationRun, ModelVersion
from apps.registry.run import RunState

from ..domain.readings.unit import unit_of
from ..domain.specs import parse_spec
from ..models import TrainingRun
from .artifacts import BadOutput, file_check, manifest_read, model_facts, model_store
from .bases import next_number
from .claim import Claim, held, run_ended
from .launch import ROLES
from .places import ARTIFACT
from .workspace import Workspace, workspace_clear

COMPLETIONS = "completions.jsonl"
CODE_VERSION_MAX = 40


def claim_finish(claim: Claim, place: Workspace) -> None:
    """Store what the program made and end the run, in one transaction; then empty its folder.

    Raises BadOutput where the files are not what the manifest says, OSError where they cannot be stored, ClaimLost.
    """
    manifest, data = manifest_read(place.manifest)
    if claim.model is GenerationRun:
        _finish_generation(claim, manifest, place.output)
    else:
        _require_unit(claim, manifest)
        sha256 = model_store(place.output / "model", manifest, data, owner=str(claim.uid))
        _finish_training(claim, manifest, sha256)
    workspace_clear(place)


def _finish_training(claim: Claim, manifest: dict[str, Any], sha256: str) -> None:
    facts = model_facts(sha256, manifest)
    with held(claim) as run:
        _require_own(run, manifest)
        model = ModelVersion.objects.create(
            project=run.project, name=run.model_name, number=next_number(run.project, run.model_name),
            role=ROLES[run.kind], parent=run.parent_model, artifact_uri=f"{ARTIFACT}:{sha256}", artifact_sha256=sha256,
            manifest=_storable(manifest), facts=facts, licence=_inherited(run.parent_model),
            state=ModelVersion.State.READY,
        )  # fmt: skip
        record(actor=None, verb="model.made", target=model, run=str(run.uid), artifact_sha256=sha256)
        run_ended(run, RunState.DONE, output_model=model, **_told(manifest))


def _inherited(parent: ModelVersion | None) -> str:
    """What a model is trained from decides under which licence it stands, until somebody says otherwise."""
    return parent.licence if parent else UNKNOWN


def _finish_generation(claim: Claim, manifest: dict[str, Any], output: Path) -> None:
    if COMPLETIONS not in manifest["files"]:
        raise BadOutput(f"manifest.json does not name {COMPLETIONS}.")
    file = file_check(output, COMPLETIONS, manifest["files"][COMPLETIONS])
    with held(claim) as run:
        _require_own(run, manifest)
        asked = {str(uid) for uid in run.input.snapshot.items.values_list("prompt__uid", flat=True)}
        try:
            stored = completions_store(run=run, lines=_completions(file, asked))
        except RuleBroken as error:
            raise BadOutput(f"{COMPLETIONS}: {error.message}") from error
        record(actor=None, verb="generation.done", target=run, completions=stored)
        run_ended(run, RunState.DONE, **_told(manifest))


def _completions(file: Path, asked: set[str]) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                one = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadOutput(f"{COMPLETIONS}, line {number}: not JSON: {error}.") from error
            if not isinstance(one, dict) or one.get("prompt_uid") not in asked:
                raise BadOutput(f"{COMPLETIONS}, line {number}: it is to no prompt of the run.")
            yield one


def _require_own(run: TrainingRun | GenerationRun, manifest: dict[str, Any]) -> None:
    """A run that waited through an upgrade names no setting that came with it: its program took the default."""
    said = manifest.get("spec")
    if said != run.spec and said != parse_spec(run.spec["program"], run.spec).to_json():
        raise BadOutput("manifest.json is of another spec than this run's.")


def _require_unit(claim: Claim, manifest: dict[str, Any]) -> None:
    """Nobody could train against a reward model without its zero and its scale (OpenRLHF#693, trlx#48)."""
    if claim.program == TrainingRun.Kind.REWARD and unit_of(manifest.get("normalisation")) is None:
        raise BadOutput("manifest.json does not state the zero and the scale of the rewards (normalisation).")


def _told(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the row keeps of the manifest."""
    return {
        "report": _storable(manifest.get("report") or {}),
        "code_version": str(manifest.get("code_version", ""))[:CODE_VERSION_MAX],
    }


def _storable(value: Any) -> Any:
    """PostgreSQL's JSON holds no NUL; a model may write one, and a report may quote it."""
    match value:
        case str():
            return value.replace("\x00", "�")
        case dict():
            return {_storable(key): _storable(inner) for key, inner in value.items()}
        case list():
            return [_storable(inner) for inner in value]
    return value
