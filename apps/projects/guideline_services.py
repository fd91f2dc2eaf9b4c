"""Publishing a guideline, and having read it."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import Conflict, NotFound, RuleBroken

from .models import GuidelineAcknowledgement, GuidelineVersion, Membership, Project, Track
from .selectors import guidelines_of

GUIDELINE_MAX = 200_000
CHANGE_MAX = 500


@transaction.atomic
def guideline_publish(
    *,
    actor: User | None,
    project: Project,
    body: str,
    requires_acknowledgement: bool = True,
    changes_meaning: bool | None = None,
    change: str = "",
    track: str = Track.COLLECTION,
    based_on: int | None = None,
) -> GuidelineVersion:
    """Publish the next version on `track`. From now on it is in force and cannot be changed.

    One that changes the meaning (unless said otherwise: one that requires an acknowledgement) is acknowledged by
    everybody before their next claim. One that does not interrupts nobody: acknowledgements of the version before
    hold for it, and whoever owes that one still owes it. `based_on`: the number that the author began from; where
    another is in force since, Conflict `guideline_moved_on`.
    """
    text, sentence = _clean_body(body), _clean_change(change)
    _lock(project)
    last = guidelines_of(project).filter(track=track).order_by("-number").first()
    if changes_meaning is None or last is None:  # the first has none before it whose meaning could stay
        changes_meaning = requires_acknowledgement
    if based_on is not None and based_on != (last.number if last else 0):
        raise _moved_on(last)
    owed = last is not None and last.requires_acknowledgement
    guideline = GuidelineVersion.objects.create(
        project=project, track=track, number=_next_number(project, track), body=text, sha256=sha256_hex(text),
        author=actor, requires_acknowledgement=changes_meaning or owed, changes_meaning=changes_meaning,
        change=sentence, published_at=timezone.now(),
    )  # fmt: skip
    if last is not None and not changes_meaning:
        _carry_over(last, guideline)
    record(
        actor=actor, verb="guideline.published", target=guideline, number=guideline.number, track=track,
        changes_meaning=changes_meaning, change=sentence,
    )  # fmt: skip
    return guideline


def _clean_body(body: str) -> str:
    text = body.replace("\r\n", "\n").strip()
    if not text:
        raise RuleBroken(_("body: a guideline needs a text."), field="body")
    if len(text) > GUIDELINE_MAX:
        raise RuleBroken(_("body: at most %(most)d characters.") % {"most": GUIDELINE_MAX}, field="body")
    return text


def _clean_change(change: str) -> str:
    sentence = " ".join(change.split())
    if len(sentence) > CHANGE_MAX:
        raise RuleBroken(_("change: at most %(most)d characters.") % {"most": CHANGE_MAX}, field="change")
    return sentence


def _lock(project: Project) -> None:
    """One publishes or acknowledges at a time, so that no acknowledgement is missed when they are carried over."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _next_number(project: Project, track: str) -> int:
    drafted = GuidelineVersion.objects.filter(project=project, track=track)
    return (drafted.aggregate(last=Max("number"))["last"] or 0) + 1


def _moved_on(last: GuidelineVersion | None) -> Conflict:
    number = last.number if last else 0
    return Conflict(
        _("Version %(number)d was published meanwhile, so yours was not. Look at what it changed, then publish again.")
        % {"number": number},
        code="guideline_moved_on", number=number,
    )  # fmt: skip


def _carry_over(before: GuidelineVersion, after: GuidelineVersion) -> None:
    """Whoever acknowledged `before` need not read `after`, which says the same in other words."""
    members = GuidelineAcknowledgement.objects.filter(guideline=before).values_list("membership_id", flat=True)
    GuidelineAcknowledgement.objects.bulk_create(
        [GuidelineAcknowledgement(membership_id=pk, guideline=after, carried=True) for pk in members]
    )


@transaction.atomic
def guideline_acknowledge(*, member: Membership, number: int, track: str = Track.COLLECTION) -> GuidelineVersion:
    """`member` has read this version, and so those after it that mean the same. Twice is the same as once."""
    _lock(member.project)
    versions = guidelines_of(member.project).filter(track=track, number__gte=number).order_by("number")
    guideline = versions.first()
    if guideline is None or guideline.number != number:
        raise NotFound(
            _("There is no published guideline %(number)d on the %(track)s track.") % {"number": number, "track": track}
        )
    _read, new = GuidelineAcknowledgement.objects.get_or_create(membership=member, guideline=guideline)
    if new:
        record(actor=member.user, verb="guideline.acknowledged", target=guideline)
        for later in versions[1:]:
            if later.changes_meaning:
                break
            GuidelineAcknowledgement.objects.get_or_create(
                membership=member, guideline=later, defaults={"carried": True}
            )
    return guideline
