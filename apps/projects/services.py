"""Writes about projects: their people, their schema; their guidelines in a file of their own."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.selectors import user_by_email
from apps.accounts.services import user_create
from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import Conflict, RuleBroken

from .domain.judgment_schema import parse_schema
from .domain.new_schema import body_of_schema, clean_schema
from .domain.pseudonym import new_pseudonym
from .domain.seed_schema import SEED_SCHEMA
from .guideline_services import guideline_acknowledge as guideline_acknowledge
from .guideline_services import guideline_publish as guideline_publish
from .models import (
    Cohort,
    ExternalLabeler,
    JudgmentSchema,
    Membership,
    Project,
)

REASON_MAX = 2000


@transaction.atomic
def project_create(*, actor: User, slug: str, name: str, seed: int | None = None, **settings: Any) -> Project:
    """A new project with the seeded schema; `actor` becomes its manager. Raises Conflict on a taken slug."""
    project = Project(slug=slug, name=name, seed=secrets.randbits(62) if seed is None else seed, **settings)
    taken = Conflict(f"The slug {slug!r} is taken.", code="slug_taken", field="slug")
    with conflict_where("projects_project_slug", taken):
        project.save()
    _member_create(project, actor, Membership.Role.MANAGER)
    schema_publish(actor=actor, project=project, body=SEED_SCHEMA)
    record(actor=actor, verb="project.created", target=project, slug=slug)
    return project


@transaction.atomic
def member_add(
    *,
    actor: User,
    project: Project,
    email: str,
    role: str,
    password: str | None = None,
    cohort: str = Cohort.TRAINING,
    status: str = Membership.Status.ACTIVE,
    accepts_sensitive: bool = False,
) -> Membership:
    """Make a person a member. An existing account must not be given a password; a new one without a password
    waits until staff give it one."""
    user = user_by_email(email)
    if user is not None and password is not None:
        raise RuleBroken(
            "password: this account exists already and keeps its own password.",
            field="password", code="password_not_allowed",
        )  # fmt: skip
    if user is None:
        meanwhile = Conflict(f"{email} has just got an account; send this again.", code="account_exists", field="email")
        with conflict_where("accounts_user_email", meanwhile):
            user = user_create(email=email, password=password)
    already = Conflict(f"{email} is a member already.", code="already_member", field="email")
    with conflict_where("membership_once_a_project", already):
        member = _member_create(project, user, role, cohort=cohort, status=status, accepts_sensitive=accepts_sensitive)
    record(actor=actor, verb="member.added", target=member, role=role, cohort=cohort, status=status)
    return member


def _member_create(project: Project, user: User, role: str, **fields: Any) -> Membership:
    return Membership.objects.create(
        project=project, user=user, role=role, pseudonym=_free_pseudonym(project),
        owes_exam=fields.get("status") == Membership.Status.QUALIFYING, **fields,
    )  # fmt: skip


def _free_pseudonym(project: Project) -> str:
    while Membership.objects.filter(project=project, pseudonym=(pseudonym := new_pseudonym())).exists():
        pass
    return pseudonym


@transaction.atomic
def member_set_status(
    *, actor: User, member: Membership, status: str, reason: str = "", decides_exam: bool = False
) -> Membership:
    """Suspend or reinstate. The last active manager stays, or nobody could undo it.

    Who owes an exam becomes active by a decision about it (`decides_exam`), or for a reason that the audit keeps: raises
    RuleBroken without one.
    """
    reason = _clean_reason(reason)
    # The member before the project, as whoever changes a member has them already (core.etags.unchanged).
    Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    member.refresh_from_db(fields=["status", "role", "owes_exam"])
    works = status == Membership.Status.ACTIVE
    if works and member.owes_exam and not reason:
        raise RuleBroken(
            _(
                "reason: this member has not been accepted after the exam. Decide about them under Quality, Screening, or "
                "say here why they begin without it."
            ),
            field="reason", code="exam_undecided",
        )  # fmt: skip
    if status != Membership.Status.ACTIVE and member.role == Membership.Role.MANAGER:
        others = Membership.objects.filter(
            project_id=member.project_id, role=Membership.Role.MANAGER, status=Membership.Status.ACTIVE
        ).exclude(pk=member.pk)
        if not others.exists():
            raise Conflict("This is the project's last active manager.", code="last_manager")
    round_the_exam = works and member.owes_exam and not decides_exam
    before, member.status = member.status, status
    if decides_exam or status == Membership.Status.QUALIFYING or works:
        member.owes_exam = not works
    member.save(update_fields=["status", "owes_exam"])
    record(
        actor=actor, verb="member.status", target=member, before=before, after=status,
        **({"reason": reason} if reason else {}), **({"without_exam": True} if round_the_exam else {}),
    )  # fmt: skip
    return member


def _clean_reason(reason: str) -> str:
    reason = reason.replace("\x00", "").strip()
    if len(reason) > REASON_MAX:
        raise RuleBroken(_("reason: at most %(most)d characters.") % {"most": REASON_MAX}, field="reason")
    return reason


@transaction.atomic
def member_set_sensitive(*, actor: User, member: Membership, accepts: bool) -> Membership:
    """Note that a person accepts sensitive prompts, or no longer does. It holds from their next request on."""
    before, member.accepts_sensitive = member.accepts_sensitive, accepts
    member.save(update_fields=["accepts_sensitive"])
    record(actor=actor, verb="member.accepts_sensitive", target=member, before=before, after=accepts)
    return member


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """`new` is False when this is what was in force already, and nothing was made."""

    schema: JudgmentSchema
    new: bool


@transaction.atomic
def schema_publish(*, actor: User | None, project: Project, body: Any, based_on: int | None = None) -> PublishedSchema:
    """Publish the next schema: new assignments get it, older ones keep theirs. Raises RuleBroken by field.

    `based_on`: the number that the author began from; where another is in force since, Conflict `schema_moved_on`.
    """
    cleaned = clean_schema(body)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = JudgmentSchema.objects.filter(project=project).order_by("-number").first()
    if last is not None and body_of_schema(parse_schema(last.body)) == cleaned:
        return PublishedSchema(last, new=False)
    if last is not None and based_on is not None and based_on != last.number:
        raise Conflict(
            f"Schema {last.number} was published meanwhile, so yours was not. Look at what it changed, then publish again.",
            code="schema_moved_on", number=last.number,
        )  # fmt: skip
    schema = JudgmentSchema.objects.create(
        project=project, number=last.number + 1 if last else 1, body=cleaned, sha256=content_hash(cleaned),
        published_at=timezone.now(),
    )  # fmt: skip
    record(actor=actor, verb="schema.published", target=schema, number=schema.number)
    return PublishedSchema(schema, new=True)


def external_labeler_named(
    *,
    project: Project,
    pseudonym: str,
    kind: str = ExternalLabeler.Kind.PERSON,
    cohort: str = Cohort.TRAINING,
) -> ExternalLabeler:
    """The imported labeler of that name, made on first sight with this kind and cohort."""
    labeler, _ = ExternalLabeler.objects.get_or_create(
        project=project, pseudonym=pseudonym, defaults={"kind": kind, "cohort": cohort}
    )
    return labeler
