"""What a manager changes of a project that runs, and of what its people can judge."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken

from .domain.skills import clean_skills
from .models import Membership, Project

SETTINGS = (
    "state", "judgments_per_task", "overlap_share", "overlap_judgments", "labeler_quota", "labeler_daily_quota",
    "reserve_languages", "lease_minutes", "correction_minutes", "gold_rate", "gold_threshold", "retest_rate",
    "retest_after_judgments", "retest_after_hours",
)  # fmt: skip


@transaction.atomic
def project_change(*, actor: User, project: Project, **changes: Any) -> Project:
    """Make `changes` (of SETTINGS) hold from now on; tasks that are there keep what they were made with.

    Raises RuleBroken by field. What is as it was leaves no trace.
    """
    if unknown := set(changes) - set(SETTINGS):
        raise RuleBroken(f"{min(unknown)}: no setting that can be changed.", field=min(unknown))
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = {name: getattr(locked, name) for name in changes if getattr(locked, name) != changes[name]}
    for name in before:
        setattr(locked, name, changes[name])
    _refuse_broken(locked, before)
    if before:
        locked.save(update_fields=list(before))
        record(actor=actor, verb="project.changed", target=locked, before=before, after={n: changes[n] for n in before})
    return locked


def _refuse_broken(project: Project, names: Iterable[str]) -> None:
    try:
        project.clean_fields(exclude={field.name for field in Project._meta.fields} - set(names))
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise RuleBroken(f"{field}: {sentences[0]}", field=field) from None


@transaction.atomic
def member_set_skills(*, actor: User, member: Membership, skills: Any) -> Membership:
    """What `member` can judge that not everybody can: this list and nothing else. They look at the queue anew."""
    return _skills_store(actor, _locked(member), clean_skills(skills))


@transaction.atomic
def member_change_skills(
    *, actor: User, member: Membership, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Membership:
    """Add and take away single skills; what else somebody changed meanwhile stays."""
    locked = _locked(member)
    return _skills_store(actor, locked, clean_skills([*(set(locked.skills) - set(remove)), *add]))


def _locked(member: Membership) -> Membership:
    return Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=member.pk)


def _skills_store(actor: User, member: Membership, skills: list[str]) -> Membership:
    before = list(member.skills)
    if skills != before:
        member.skills = skills
        member.save(update_fields=["skills"])
        record(actor=actor, verb="member.skills", target=member, before=before, after=skills)
    return member
