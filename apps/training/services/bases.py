"""Registering bases: models that were made elsewhere."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project
from apps.registry.models import ModelVersion

from .inputs import require_name
from .places import FOLDER, HUB

# The hub's own rules (letters, digits, ".", "-", "_"), without the names that would leave a folder.
_HUB = re.compile(r"(?!\.)[\w.-]{1,96}/(?!\.)[\w.-]{1,96}", re.ASCII)
_REVISION = re.compile(r"(?!\.)[\w.-]{1,100}", re.ASCII)
_FOLDER = re.compile(r"(?!\.)[\w.-]{1,100}", re.ASCII)


@transaction.atomic
def base_register(*, actor: User | None, project: Project, name: str, source: Mapping[str, Any]) -> ModelVersion:
    """A base that is ready: `{"hub": "org/name", "revision"?}`, or `{"folder": name}` of one below MODEL_FOLDERS.

    A hub's model is fetched by the first program that needs it. Raises RuleBroken on a name that is neither.
    """
    name = require_name(name.strip(), "name")
    if not name:
        raise RuleBroken("name: a base needs one.", field="name")
    uri = _uri(source)
    model = ModelVersion.objects.create(
        project=project, name=name, number=next_number(project, name), role=ModelVersion.Role.BASE,
        artifact_uri=uri, manifest={"source": dict(source)}, state=ModelVersion.State.READY,
    )  # fmt: skip
    record(actor=actor, verb="model.registered", target=model, artifact_uri=uri)
    return model


def next_number(project: Project, name: str) -> int:
    """The number of the next version of this name. It holds the project's row until the transaction ends."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    highest = ModelVersion.objects.filter(project=project, name=name).aggregate(n=Max("number"))["n"]
    return int(highest or 0) + 1


def _uri(source: Mapping[str, Any]) -> str:
    match dict(source) if isinstance(source, Mapping) else source:
        case {"hub": str(name), **rest} if set(rest) <= {"revision"}:
            return _hub_uri(name, rest.get("revision"))
        case {"folder": str(name), **rest} if not rest:
            return _folder_uri(name)
    raise RuleBroken('source: {"hub": "org/name", "revision"?} or {"folder": name} is expected.', field="source")


def _hub_uri(name: str, revision: Any) -> str:
    if not _HUB.fullmatch(name) or ".." in name:
        raise RuleBroken(f"source: {name!r} is not a hub's model, such as org/name.", field="source")
    if revision in (None, ""):
        return f"{HUB}:{name}"
    if not isinstance(revision, str) or not _REVISION.fullmatch(revision):
        raise RuleBroken(f"source: {revision!r} is not a revision: a commit, a tag or a branch.", field="source")
    return f"{HUB}:{name}@{revision}"


def _folder_uri(name: str) -> str:
    """Plain names only: a link that somebody with access to that disk laid there may lead elsewhere, a name may not."""
    folder = Path(settings.MODEL_FOLDERS) / name
    if not _FOLDER.fullmatch(name) or not (folder / "config.json").is_file():
        raise RuleBroken(
            f"source: {name!r} is not a model's folder (with a config.json) below the installation's MODEL_FOLDERS.",
            field="source",
        )
    return f"{FOLDER}:{name}"
