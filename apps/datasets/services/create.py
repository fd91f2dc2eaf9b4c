"""Asking for a snapshot. The row is the request; a worker builds it."""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.ring import ring_on_commit
from apps.projects.models import Project

from ..domain.filters import parse_filter, parse_licence
from ..models import DatasetSnapshot
from .selection import require_rows


@transaction.atomic
def snapshot_create(
    *,
    actor: User | None,
    project: Project,
    kind: str,
    purpose: str,
    filter: dict[str, Any] | None = None,
    licence: str = "",
) -> DatasetSnapshot:
    """A new snapshot in state building. Raises RuleBroken on an unknown filter, or when nothing would be in it."""
    licence = parse_licence(licence)
    chosen = parse_filter(kind, {} if filter is None else filter)
    require_rows(project=project, kind=kind, purpose=purpose, chosen=chosen)
    snapshot = DatasetSnapshot.objects.create(
        project=project, kind=kind, purpose=purpose, filter=filter or {}, licence=licence, requested_by=actor
    )
    record(actor=actor, verb="snapshot.requested", target=snapshot, kind=kind, purpose=purpose, filter=filter or {})
    ring_on_commit("datasets.build", snapshot.uid)
    return snapshot
