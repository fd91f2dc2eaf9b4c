"""Reads of the trail."""

from dataclasses import dataclass

from django.db.models import QuerySet

from .models import AuditEntry

PAGE = 50
LOOKED_AT = 20_000  # entries at a time: with millions of them a page is as quick as with few
WORK = ("judgment.submitted", "assignment.skipped", "assignment.released")  # what labelers do all day


@dataclass(frozen=True, slots=True)
class Trail:
    """Some of a project's entries, newest first; `older` is where the next page begins, None at the end."""

    entries: list[AuditEntry]
    older: int | None


def entries_of(project_pk: int) -> QuerySet[AuditEntry]:
    """What was done in one project, newest first."""
    return AuditEntry.objects.filter(project_pk=project_pk).select_related("actor").order_by("-id")


def trail_of(
    project_pk: int, *, verb: str = "", actor: str = "", work: bool = False, before: int | None = None
) -> Trail:
    """`verb` is its beginning, `actor` an address. Without `work` and `verb` what labelers do all day is left out."""
    entries = entries_of(project_pk)
    if before is not None:
        entries = entries.filter(id__lt=before)
    looked_at = list(entries.values_list("id", flat=True)[:LOOKED_AT])
    if not looked_at:
        return Trail([], None)
    fitting = entries.filter(id__gte=looked_at[-1])
    if verb:
        fitting = fitting.filter(verb__startswith=verb)
    elif not work:
        fitting = fitting.exclude(verb__in=WORK)
    if actor:
        fitting = fitting.filter(actor__email__iexact=actor)
    found = list(fitting[: PAGE + 1])
    if len(found) > PAGE:
        return Trail(found[:PAGE], found[PAGE - 1].pk)
    return Trail(found, looked_at[-1] if len(looked_at) == LOOKED_AT else None)
