"""Registering models that were made elsewhere: of a hub, in a folder of this installation, or behind an endpoint."""

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
from apps.core.ring import ring_on_commit
from apps.projects.models import Project
from apps.registry.domain.folder import look
from apps.registry.domain.licence import LONGEST, UNKNOWN, is_licence, licence_in
from apps.registry.domain.weights import BadModel
from apps.registry.models import ModelVersion

from ..domain.endpoints import SCHEME, endpoint_uri, is_model_id
from .bell import SETTLE
from .inputs import require_name
from .places import FOLDER, HUB
from .settling import settled

# The hub's own rules (letters, digits, ".", "-", "_"), without the names that would leave a folder.
_HUB = re.compile(r"(?!\.)[\w.-]{1,96}/(?!\.)[\w.-]{1,96}", re.ASCII)
_REVISION = re.compile(r"(?!\.)[\w.-]{1,100}", re.ASCII)
_FOLDER = re.compile(r"(?!\.)[\w.-]{1,100}", re.ASCII)
_EXPECTED = '{"hub": "org/name", "revision"?}, {"folder": name} or {"endpoint": name, "model": id} is expected.'
# Files of so many bytes are hashed while one waits; more, by a worker.
HASHED_AT_ONCE = 64_000_000
URI_MAX = 500
Role, State = ModelVersion.Role, ModelVersion.State


@transaction.atomic
def base_register(
    *, actor: User | None, project: Project, name: str, source: Mapping[str, Any], role: str = "", licence: str = ""
) -> ModelVersion:
    """A version of `source`: `{"hub": "org/name", "revision"?}`, `{"folder": name}` of one below MODEL_FOLDERS, or
    `{"endpoint": name, "model": id}` of a server in ENDPOINTS, whose `role` may be base or policy: it only writes.

    A folder is looked into at once, and refused where it is cut short or would have to run code; it is ready when its
    bytes are hashed. A hub's model is fetched by the first program that needs it. Raises RuleBroken.
    """
    name = require_name(name.strip(), "name")
    if not name:
        raise RuleBroken("name: a base needs one.", field="name")
    uri = _uri(source)
    model = ModelVersion(
        project=project, name=name, role=_role(role, uri), artifact_uri=uri, manifest={"source": dict(source)},
        state=State.READY, licence=require_licence(licence),
    )  # fmt: skip
    if uri.startswith(f"{FOLDER}:"):
        _fill(model, Path(settings.MODEL_FOLDERS) / uri.partition(":")[2], licence)
    model.number = next_number(project, name)
    model.save()
    record(actor=actor, verb="model.registered", target=model, artifact_uri=uri, role=model.role, licence=model.licence)
    if model.state == State.REGISTERED:
        ring_on_commit(SETTLE, model.uid)
    return model


def require_licence(text: str) -> str:
    """A licence as typed; "unknown" where nothing is. Raises RuleBroken."""
    licence = text.strip() or UNKNOWN
    if not is_licence(licence):
        raise RuleBroken(f"licence: up to {LONGEST} printable characters are expected.", field="licence")
    return licence


def next_number(project: Project, name: str) -> int:
    """The number of the next version of this name. It holds the project's row until the transaction ends."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    highest = ModelVersion.objects.filter(project=project, name=name).aggregate(n=Max("number"))["n"]
    return int(highest or 0) + 1


def _fill(model: ModelVersion, folder: Path, licence: str) -> None:
    """What the folder says of itself. Large ones stay registered until a worker has hashed them."""
    try:
        facts = look(folder)
        if facts["bytes"] <= HASHED_AT_ONCE:
            facts, model.artifact_sha256 = settled(folder)
        else:
            model.state = State.REGISTERED
        model.licence = require_licence(licence or licence_in(folder) or "")
    except (BadModel, OSError) as error:
        raise RuleBroken(f"source: {folder.name} cannot be registered: {error}", field="source") from error
    model.facts = facts


def _role(role: str, uri: str) -> str:
    allowed = (Role.BASE, Role.POLICY) if uri.startswith(f"{SCHEME}:") else (Role.BASE,)
    if (role or Role.BASE) not in allowed:
        kind = "a server's model only writes" if len(allowed) > 1 else "what comes from elsewhere is a base"
        raise RuleBroken(f"role: {kind}, so it is {' or '.join(allowed)}, not {role!r}.", field="role")
    return role or Role.BASE


def _uri(source: Mapping[str, Any]) -> str:
    match dict(source) if isinstance(source, Mapping) else source:
        case {"hub": str(name), **rest} if set(rest) <= {"revision"}:
            return _hub_uri(name, rest.get("revision"))
        case {"folder": str(name), **rest} if not rest:
            return _folder_uri(name)
        case {"endpoint": str(name), "model": str(model), **rest} if not rest:
            return _endpoint_uri(name, model)
    raise RuleBroken(f"source: {_EXPECTED}", field="source")


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


def _endpoint_uri(name: str, model: str) -> str:
    """Only servers that the operator has named: whoever registers a model can send the installation nowhere else."""
    if name not in settings.ENDPOINT_NAMES:
        known = ", ".join(sorted(settings.ENDPOINT_NAMES)) or "it names none"
        raise RuleBroken(f"source: {name!r} is no server of the installation's ENDPOINTS ({known}).", field="source")
    if not is_model_id(model) or len(endpoint_uri(name, model)) > URI_MAX:
        raise RuleBroken(f"source: {model!r} is not a model's id on such a server.", field="source")
    return endpoint_uri(name, model)
