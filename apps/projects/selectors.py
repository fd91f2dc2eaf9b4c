"""Reads about projects."""

from django.db.models import QuerySet

from .models import GuidelineAcknowledgement, GuidelineVersion, JudgmentSchema, Membership, Project, Track


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


def current_schema(project: Project) -> JudgmentSchema:
    return JudgmentSchema.objects.filter(project=project, published_at__isnull=False).latest("number")


def members_of(project: Project) -> QuerySet[Membership]:
    return Membership.objects.filter(project=project).select_related("user")
