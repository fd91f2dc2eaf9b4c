"""The only door to a snapshot."""

from typing import Any

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, member_for

from .models import DatasetSnapshot


def snapshot_for(user: Any, uid: Any) -> DatasetSnapshot:
    """The snapshot `uid`, for those who may do research in its project. An outsider's answer is that there is none."""
    snapshot = DatasetSnapshot.objects.select_related("project").filter(uid=uid).first()
    if snapshot is not None:
        try:
            member_for(user, snapshot.project.slug, Capability.RESEARCH)
        except NotFound:
            snapshot = None
    if snapshot is None:
        raise NotFound("There is no such snapshot, or it is not yours.")
    return snapshot
