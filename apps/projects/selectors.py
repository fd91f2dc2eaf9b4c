"""Reads about projects."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.domain.errors import NotFound

from .models import Cohort, GuidelineAcknowledgement, GuidelineVersion, JudgmentSchema, Membership, Project, Track


def current_guideline(project: Project, track: str = Track.COLLECTION) -> GuidelineVersion | None:
    """The version in force: the newest published one on `track`, or None."""
    return guidelines_of(project).filter(track=track).order_by("-number").first()


def guidelines_of(project: Project) -> QuerySet[GuidelineVersion]:
    """The published versions of both tracks, newest first on each."""
    return GuidelineVersion.objects.filter(project=project, published_at__isnull=False)


def unacknowledged_guideline(member: Membership) -> GuidelineVersion | None:
    """The version in force when `member` must still acknowledge it, else None."""
    guideline = current_guideline(member.project)
    if guideline is None or not guideline.requires_acknowledgement:
        return None
    read = GuidelineAcknowledgement.objects.filter(membership=member, guideline=guideline)
    return None if read.exists() else guideline


def guideline_numbered(project: Project, number: int, track: str = Track.COLLECTION) -> GuidelineVersion:
    version = guidelines_of(project).filter(track=track, number=number).first()
    if version is None:
        raise NotFound(_("There is no published guideline %(number)d.") % {"number": number})
    return version


def last_read(member: Membership, track: str = Track.COLLECTION) -> GuidelineAcknowledgement | None:
    """The newest version that `member` acknowledged by reading it, with when."""
    read = GuidelineAcknowledgement.objects.filter(membership=member, guideline__track=track, carried=False)
    return read.select_related("guideline").order_by("-guideline__number").first()


def current_schema(project: Project) -> JudgmentSchema:
    return schemas_of(project).latest("number")


def schemas_of(project: Project) -> QuerySet[JudgmentSchema]:
    """The published schemas, newest first: the first is in force."""
    return JudgmentSchema.objects.filter(project=project, published_at__isnull=False)


def schema_numbered(project: Project, number: int) -> JudgmentSchema:
    schema = schemas_of(project).filter(number=number).first()
    if schema is None:
        raise NotFound(f"There is no published schema {number}.")
    return schema


def members_of(project: Project) -> QuerySet[Membership]:
    return Membership.objects.filter(project=project).select_related("user")


def member_of(project: Project, uid: Any) -> Membership:
    member = members_of(project).filter(uid=uid).first()
    if member is None:
        raise NotFound("There is no such member.")
    return member


@dataclass(frozen=True, slots=True)
class People:
    labelers: int
    held_out: int
    suspended: int


def people_of(project: Project) -> People:
    """How many active labelers a project has, how many of them held out, and who is suspended."""
    active = Q(status=Membership.Status.ACTIVE, role=Membership.Role.LABELER)
    return People(
        **Membership.objects.filter(project=project).aggregate(
            labelers=Count("id", filter=active),
            held_out=Count("id", filter=active & Q(cohort=Cohort.HELD_OUT)),
            suspended=Count("id", filter=Q(status=Membership.Status.SUSPENDED)),
        )
    )


def skills_of(project: Project) -> list[str]:
    """The skills that any member has, in order."""
    lists = Membership.objects.filter(project=project).exclude(skills=[]).values_list("skills", flat=True)
    return sorted({skill for skills in lists for skill in skills})
