"""Where a model version's files are, and what a spec calls them.

`artifact_uri` says it: `artifact:<sha256>` is a folder of the store, `folder:<name>` one below MODEL_FOLDERS,
`hub:<org>/<name>[@<revision>]` a model that the program fetches.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.domain.errors import RuleBroken
from apps.registry.models import ModelVersion

from ..domain.specs import BASE, POLICY, REWARD

ARTIFACT, FOLDER, HUB = "artifact", "folder", "hub"
# The spec's settings that name a model, by program: the name that the model's folder has in the program's input.
_NAMES: dict[str, dict[str, str]] = {
    "pretrain": {},
    "sft": {"model": BASE},
    "reward": {"model": POLICY},
    "ppo": {"policy": POLICY, "reward": REWARD},
    "generate": {"model": POLICY},
}


def model_folder(model: ModelVersion) -> Path | None:
    """The folder of its files; None for one of the hub. It may be gone: whoever opens it looks."""
    scheme, _, name = model.artifact_uri.partition(":")
    if scheme == ARTIFACT:
        return Path(settings.ARTIFACT_ROOT) / "models" / name
    if scheme == FOLDER:
        return Path(settings.MODEL_FOLDERS) / name
    return None


def with_places(
    program: str,
    spec: Mapping[str, Any],
    *,
    parent_model: ModelVersion | None = None,
    reward_model: ModelVersion | None = None,
) -> dict[str, Any]:
    """`spec` with its models set to where the rows' files will be. Raises RuleBroken where it names a model itself."""
    if not isinstance(spec, Mapping):
        raise RuleBroken("spec: an object of settings is expected.", field="spec")
    places = dict(spec)
    for setting, name in _NAMES[program].items():
        if spec.get(setting, name) != name:
            raise RuleBroken(
                f"{setting}: a run's models are chosen among the registered ones, not by the spec.", field=setting
            )
        model = reward_model if setting == REWARD else parent_model
        if model is not None:
            places[setting] = _hub_id(model) or name
    return places


def linked_models(
    program: str, *, parent_model: ModelVersion | None, reward_model: ModelVersion | None = None
) -> dict[str, Path]:
    """The model folders that the program's input holds, by the names they have there."""
    folders = {}
    for setting, name in _NAMES[program].items():
        model = reward_model if setting == REWARD else parent_model
        if model is not None and (folder := model_folder(model)):
            folders[name] = folder
    return folders


def _hub_id(model: ModelVersion) -> str | None:
    scheme, _, name = model.artifact_uri.partition(":")
    return name if scheme == HUB else None
