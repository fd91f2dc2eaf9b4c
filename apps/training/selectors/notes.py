"""What somebody who uses a model should know before: each note one sentence."""

import re
from typing import Any

from django.utils.translation import gettext as _

from apps.registry.domain.licence import UNKNOWN
from apps.registry.models import ModelVersion

from ..models import TrainingRun

_COMMIT = re.compile(r"[0-9a-f]{40}")
# The setting under which a program's manifest names the model that it started from.
_STARTED_FROM = ("model", "policy")


def notes_of(model: ModelVersion, run: TrainingRun | None) -> list[str]:
    """`run` made it; None for one from elsewhere."""
    found = [
        _unpinned(model), _other_template(model), *_other_files(model, run), _other_templates_of_policy(run),
        _pickled(model), _licence(model, run),
    ]  # fmt: skip
    return [note for note in found if note]


def template_of(model: ModelVersion) -> str | None:
    """The hash of the chat template: what its files say, else what the program that made it wrote down."""
    return _text(model.facts.get("template_sha256")) or _text(_part(model.manifest, "renderer").get("template_sha256"))


def tokenizer_of(model: ModelVersion) -> str | None:
    return _text(_part(model.manifest, "renderer").get("tokenizer_sha256"))


def fetched_of(model: ModelVersion) -> str:
    """The hub's model at the commit that its run read, as the program wrote it down; empty for anything else."""
    read = _part(model.manifest, "inputs")
    found = next((text for name in _STARTED_FROM if (text := _text(read.get(name)))), "")
    return found.removeprefix("hub:") if found.startswith("hub:") else ""


def _unpinned(model: ModelVersion) -> str | None:
    scheme, _colon, name = model.artifact_uri.partition(":")
    revision = name.partition("@")[2]
    if scheme != "hub" or _COMMIT.fullmatch(revision):
        return None
    if not revision:
        return _("It names no revision: the hub may hand out other weights tomorrow. Register it with a full commit.")
    return _("Its revision %(revision)s is no full commit: the hub may hand out other weights under it tomorrow.") % {
        "revision": revision
    }


def _other_template(model: ModelVersion) -> str | None:
    own, parents = template_of(model), model.parent and template_of(model.parent)
    if own is None or parents is None or own == parents:
        return None
    return _("Its chat template is not that of %(parent)s: it reads a conversation otherwise than its parent did.") % {
        "parent": model.parent
    }


def _other_files(model: ModelVersion, run: TrainingRun | None) -> list[str]:
    """A run writes down the hash of each folder it read."""
    read = _part(model.manifest, "inputs")
    parents = [(next((read[name] for name in _STARTED_FROM if name in read), None), model.parent)]
    if run is not None:
        parents.append((read.get("reward"), run.reward_model))
    return [
        _("It was made from other files than are registered of %(parent)s: that folder has been changed.")
        % {"parent": parent}
        for found, parent in parents
        if parent is not None and parent.artifact_sha256 and _text(found) and found != parent.artifact_sha256
    ]


def _other_templates_of_policy(run: TrainingRun | None) -> str | None:
    """A warning would be too much: between the two a reply crosses as text."""
    if run is None or run.kind != TrainingRun.Kind.PPO or run.parent_model is None or run.reward_model is None:
        return None
    policy, reward = template_of(run.parent_model), template_of(run.reward_model)
    if policy is None or reward is None or policy == reward:
        return None
    return _("Policy and reward model have different chat templates. Replies cross between them as text, so both may.")


def _pickled(model: ModelVersion) -> str | None:
    names = model.facts.get("pickled")
    if not isinstance(names, list) or not names:
        return None
    return _("Pickled files lie beside its weights and are never read: %(names)s.") % {"names": ", ".join(names[:5])}


def _licence(model: ModelVersion, run: TrainingRun | None) -> str | None:
    """Of what came from elsewhere: a trained model has its parent's."""
    if model.licence != UNKNOWN or run is not None or model.parent is not None:
        return None
    return _("Nobody has said under which licence it stands.")


def _part(whole: Any, name: str) -> dict[str, Any]:
    found = whole.get(name) if isinstance(whole, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
