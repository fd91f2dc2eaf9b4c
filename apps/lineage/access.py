"""The door to a judgment by its uid alone."""

from typing import Any

from apps.core.domain.errors import NotFound
from apps.labeling.models import Judgment
from apps.projects.access import Capability, member_for


def judgment_for(user: Any, uid: Any) -> Judgment:
    """The judgment `uid`, for those who curate its project. An outsider's answer is that there is none."""
    judgment = Judgment.objects.select_related("task__project").filter(uid=uid).first()
    if judgment is not None:
        try:
            member_for(user, judgment.task.project.slug, Capability.CURATE)
        except NotFound:
            judgment = None
    if judgment is None:
        raise NotFound("There is no such judgment, or it is not yours.")
    return judgment
