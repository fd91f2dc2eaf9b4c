"""The only door to an assignment: its own labeler's, while that labeler may label."""

from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.domain.errors import Forbidden, NotFound
from apps.projects.access import Capability, require

from .models import Assignment


def assignment_for(user: Any, uid: Any) -> Assignment:
    """The assignment `uid` when it is `user`'s own. Another's looks like none at all."""
    if isinstance(user, User):
        found = (
            Assignment.objects.select_related(
                "task__prompt", "schema", "guideline", "membership__project", "membership__user"
            )
            .filter(uid=uid, membership__user=user)
            .first()
        )
        if found is not None:
            require(found.membership, Capability.LABEL)
            if found.task.sensitive and not found.membership.accepts_sensitive:
                raise Forbidden(
                    _("This prompt is marked sensitive, and you do not accept such prompts (any more)."),
                    code="sensitive_not_accepted",
                )
            return found
    raise NotFound(_("There is no such assignment, or it is not yours."))
