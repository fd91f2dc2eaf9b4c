"""The doors of the calls that labelers' programs make all day: one statement says who comes, and what is theirs.

The same rules as `projects.access.member_for` and `access.assignment_for`, without their objects.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.domain.errors import Forbidden, NotFound
from apps.core.lean_api import LeanView, admit, caller_of, unknown_token
from apps.core.prepared import Prepared
from apps.projects.access import Capability, require

from .services.submit import Sheet

_DOOR = Prepared("labeling_door", "SELECT * FROM labeling_door($1, $2, $3, $4)", parameters=4)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A labeler at the door of a project, or of their own assignment in it."""

    user_id: int
    member_id: int
    project_id: int
    slug: str
    role: str
    status: str
    assignment_id: int
    kind: str
    sensitive: bool
    accepts_sensitive: bool
    display_order: list[int]
    schema_id: int

    @property
    def sheet(self) -> Sheet:
        return Sheet(self.assignment_id, self.kind, self.display_order, self.schema_id)


def labeler_at(view: LeanView, request: HttpRequest, slug: str) -> Visitor:
    """The caller as a labeler of the project. Nothing about an assignment is told."""
    row = _row(view, request, slug, None)
    if row[1] is None:
        raise NotFound(_("There is no such project, or it is not yours."))
    return _allowed(row)


def owner_at(view: LeanView, request: HttpRequest, uid: Any) -> Visitor:
    """The caller at their own assignment. Another's looks like none at all."""
    row = _row(view, request, None, uid)
    if row[1] is None:
        raise NotFound(_("There is no such assignment, or it is not yours."))
    visitor = _allowed(row)
    if visitor.sensitive and not visitor.accepts_sensitive:
        raise Forbidden(
            _("This prompt is marked sensitive, and you do not accept such prompts (any more)."),
            code="sensitive_not_accepted",
        )
    return visitor


def _row(view: LeanView, request: HttpRequest, slug: str | None, uid: Any) -> tuple[Any, ...]:
    caller = caller_of(view, request)
    try:
        row = _DOOR.row(caller.token_sha256, caller.user_id, slug, str(uid) if uid else None)
    except LookupError as nobody:
        raise unknown_token() from nobody
    admit(request, row[0], view.rate_group)
    return row


def _allowed(row: tuple[Any, ...]) -> Visitor:
    visitor = Visitor(*row)
    require(visitor, Capability.LABEL)
    return visitor
