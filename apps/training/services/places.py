"""Where a model version's files are, and what a spec calls them.

`artifact_uri` says it: `artifact:<sha256>` is a folder of the store, `folder:<name>` one below MODEL_FOLDERS,
`hub:<org>/<name>[@<revision>]` a model that the program fetches, `endpoint:<name>/<model id>` one that it asks.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project
from apps.registry.models import ModelVersion

from ..domain.endpoints import SCHEME
from ..domain.specs import BASE, POLICY, REWARD
from ..selectors.models import newest_model

ARTIFACT, FOLDER, HUB = "artifact", "folder", "hub"
PREVIOUS = "previous"  # the folder of the reward model that a reward run is compared with
# The spec's settings that name a model, by program: the name that the model's folder has in the program's input.
_NAMES: dict[str, dict[str, str]] = {
    "pretrain": {},
    "sft": {"model": BASE, "reward": REWARD},
    "reward": {"model": POLICY},
    "ppo": {"policy": POLICY, "reward": REWARD},
    "generate": {"model": POLICY},
}
_OPTIONAL = {("sft", "reward")}  # empty in the spec where the run has none


def model_folder(model: ModelVersion) -> Path | None:
    """The folder of its files; None for one that lies elsewhere. It may be gone: whoever opens it looks."""
    scheme, _, name = model.artifact_uri.partition(":")
    if scheme == ARTIFACT:
        return Path(settings.ARTIFACT_ROOT) / "models" / name
    if scheme == FOLDER:
        return Path(settings.MODEL_FOLDERS) / name
    return None


def previous_reward_model(project: Project) -> ModelVersion | None:
    """The newest ready reward model. None where its files are gone, too: a comparison is not worth a failed run."""
    newest = newest_model(project, ModelVersion.Role.REWARD)
    folder = newest and model_folder(newest)
    return newest if folder and (folder / "config.json").is_file() else None


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
        is_optional = (program, setting) in _OPTIONAL
        if spec.get(setting, name) not in ((name, "") if is_optional else (name,)):
            raise RuleBroken(
                f"{setting}: a run's models are chosen among the registered ones, not by the spec.", field=setting
            )
        model = reward_model if setting == REWARD else parent_model
        if model is not None:
            places[setting] = _elsewhere(model) or name
        elif is_optional:
            places[setting] = ""
    return places


def linked_models(
    program: str,
    *,
    parent_model: ModelVersion | None,
    reward_model: ModelVersion | None = None,
    previous_model: ModelVersion | None = None,
) -> dict[str, Path]:
    """The model folders that the program's input holds, by the names they have there."""
    folders = {}
    for setting, name in _NAMES[program].items():
        model = reward_model if setting == REWARD else parent_model
        if model is not None and (folder := model_folder(model)):
            folders[name] = folder
    if previous_model is not None and (folder := model_folder(previous_model)):
        folders[PREVIOUS] = folder
    return folders


def _elsewhere(model: ModelVersion) -> str | None:
    """What the program finds it by where no folder of its input holds it."""
    scheme, _, name = model.artifact_uri.partition(":")
    return {HUB: name, SCHEME: model.artifact_uri}.get(scheme)
