"""The one way to write an audit entry."""

from typing import Any

from django.db import models

from apps.accounts.models import User
from apps.core import request_id

from .models import AuditEntry


def record(*, actor: User | None, verb: str, target: models.Model, **data: Any) -> None:
    """Write down that `actor` did `verb` to `target`. Call it inside the deed's transaction.

    `actor` is None where the system acts by itself (a reaper, a worker).
    """
    AuditEntry.objects.create(
        request_id=request_id.current(),
        actor=actor,
        verb=verb,
        object_type=target._meta.model_name or "",
        object_uid=str(getattr(target, "uid", target.pk)),
        data=data,
        project_pk=_project_of(target),
    )


# How a row leads to its project, nearest first.
_WAYS = (
    "project_id",
    "membership.project_id",
    "assignment.membership.project_id",
    "member.project_id",
    "task.project_id",
)


def _project_of(target: models.Model) -> int | None:
    """The project that `target` is, or belongs to; None for what is of no project."""
    if target._meta.model_name == "project":
        return int(target.pk)
    for way in _WAYS:
        value: Any = target
        for name in way.split("."):
            value = getattr(value, name, None)
        if value is not None:
            return int(value)
    return None
