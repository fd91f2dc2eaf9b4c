"""The only door to an import."""

from typing import Any

from apps.core.domain.errors import NotFound
from apps.projects.access import Capability, member_for

from .models import Import


def import_for(user: Any, uid: Any) -> Import:
    """The import `uid`, for those who may curate its project. An outsider's answer is that there is none."""
    imported = Import.objects.select_related("project").filter(uid=uid).first()
    if imported is not None:
        try:
            member_for(user, imported.project.slug, Capability.CURATE)
        except NotFound:
            imported = None
    if imported is None:
        raise NotFound("There is no such import, or it is not yours.")
    return imported
