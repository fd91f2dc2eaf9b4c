"""A submit that could not be taken, said to its sender: why, what stands, and the way on.

The page that says it is the room again, with everything that was sent still in it.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from apps.core.domain.errors import DomainError

from .models import Assignment
from .selectors import correctable_until, standing_judgment


@dataclass(frozen=True, slots=True)
class Trouble:
    """`mode` is the room's: work (it may be submitted once more), correct (saved as a correction), gone (copied)."""

    mode: str
    heading: str
    text: str
    onward: str
    url: str


def trouble_of(error: DomainError, assignment: Assignment) -> Trouble:
    """What to say of `error` to the labeler of `assignment`, whose row is as it is now."""
    slug = assignment.membership.project.slug
    work, room = reverse("labeling:work", args=[slug]), reverse("labeling:assignment", args=[assignment.uid])
    copy = _("What you sent is still below, to copy from.")
    match error.code:
        case "newer_draft" | "stale_draft":
            return Trouble(
                "work",
                _("Another window saved newer work"),
                _(
                    "It is a draft of %(time)s, so nothing of this was taken. Below is what this window sent: send "
                    "it once more as it is, or look at the newer draft first."
                )
                % {"time": time_format(timezone.localtime(assignment.draft_saved_at), "H:i:s e")},
                _("Look at the newer draft"),
                room,
            )
        case "lease_lost" | "already_submitted" if assignment.state == Assignment.State.SKIPPED:
            text = _("It has gone to someone else for good, so it takes no judgment of yours any more.")
            return Trouble("gone", _("You skipped this task"), f"{text} {copy}", _("Go on"), work)
        case "already_submitted" if _may_correct(assignment):
            return Trouble(
                "correct",
                _("You have submitted this task already"),
                _(
                    "Another window sent a different judgment, and that one stands. Below is what you sent just now: "
                    "save it as a correction, or leave it and go on."
                ),
                _("Leave it and go on"),
                work,
            )
        case "corrected_meanwhile":
            return Trouble(
                "correct",
                _("You corrected this in another window"),
                _(
                    "That correction stands. Below is what you sent just now: save it to replace that one, or leave it "
                    "and go on."
                ),
                _("Leave it and go on"),
                work,
            )
        case "already_submitted":
            text = _("Another window sent a different judgment, and that one stands; the time for corrections is over.")
            return Trouble("gone", _("You have submitted this task already"), f"{text} {copy}", _("Go on"), work)
        case "too_large":
            return Trouble("work", _("This was not saved"), error.message, _("Look at the saved draft"), room)
    return Trouble("gone", _("This was not saved"), f"{error.message} {copy}", _("Go on"), work)


def _may_correct(assignment: Assignment) -> bool:
    judgment = standing_judgment(assignment)
    if judgment is None:
        return False
    return timezone.now() <= correctable_until(assignment.membership, judgment.first_at)  # type: ignore[attr-defined]
