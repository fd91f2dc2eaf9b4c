"""A person decides about a candidate. The scores advise; nobody is accepted or rejected by a number."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.domain.errors import Conflict, RuleBroken
from apps.projects.cohort_services import member_set_cohort
from apps.projects.domain.skills import clean_skills
from apps.projects.models import Membership
from apps.projects.services import member_set_status
from apps.projects.settings_services import member_change_skills

from ..domain.new_exam import clean_text
from ..models import COHORTS, REASON_MAX, Attempt, Decision
from ..selectors.results import attempt_named, candidates

Outcome = Decision.Outcome
_STATUS = {
    Outcome.ACCEPT_TRAINING: Membership.Status.ACTIVE,
    Outcome.ACCEPT_HELD_OUT: Membership.Status.ACTIVE,
    Outcome.REJECT: Membership.Status.SUSPENDED,
    Outcome.ASK_AGAIN: Membership.Status.QUALIFYING,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """`new` is False where just this stood already, and nothing was done."""

    decision: Decision
    new: bool


@transaction.atomic
def attempt_decide(
    *,
    actor: Membership,
    attempt: Attempt,
    outcome: str,
    reason: str,
    skills: Sequence[str] = (),
    seen: int | None = None,
) -> Decided:
    """Record the decision and make it true of the membership. Another decision later is another row.

    `seen`: how many decisions the decider knew of; where there are more, Conflict `decided_meanwhile`.
    """
    if outcome not in Outcome.values:
        raise RuleBroken(_("outcome: one of %(known)s.") % {"known": ", ".join(Outcome.values)}, field="outcome")
    reason = clean_text(reason, "reason", REASON_MAX, needed=True)
    wanted = clean_skills(list(skills))
    member = Membership.objects.select_for_update(no_key=True, of=("self",)).get(pk=attempt.membership_id)
    locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    if locked.submitted_at is None:
        raise Conflict(_("This exam is not submitted yet."), code="not_submitted")
    if Attempt.objects.filter(membership=member, number__gt=locked.number).exists():
        raise Conflict(
            _("This applicant has begun another attempt since; decide about that one."), code="newer_attempt"
        )
    before = locked.decisions.order_by("-number").first()
    if before and (before.by_id, before.outcome, before.reason, before.skills) == (actor.pk, outcome, reason, wanted):
        return Decided(before, new=False)
    if seen is not None and seen != (before.number if before else 0):
        raise Conflict(
            _("Somebody decided meanwhile. Look at what they decided, then decide again."), code="decided_meanwhile"
        )
    [candidate] = candidates([attempt_named(actor.project, locked.uid)])
    decision = Decision.objects.create(
        attempt=locked, number=before.number + 1 if before else 1, by=actor, outcome=outcome, reason=reason,
        skills=wanted, scores=candidate.kept(),
    )  # fmt: skip
    _make_true(actor, member, Outcome(outcome), reason, wanted)
    record(
        actor=actor.user, verb="exam.decided", target=locked, decision=str(decision.uid), outcome=outcome,
        reason=reason, scores=decision.scores,
    )  # fmt: skip
    return Decided(decision, new=True)


def _make_true(actor: Membership, member: Membership, outcome: Outcome, reason: str, skills: list[str]) -> None:
    if outcome in COHORTS:
        member_set_cohort(actor=actor.user, member=member, cohort=COHORTS[outcome])
    status = _STATUS[outcome]
    if (member.status, member.owes_exam) != (status, outcome not in COHORTS):
        member_set_status(actor=actor.user, member=member, status=status, reason=reason, decides_exam=True)
    if skills:
        member_change_skills(actor=actor.user, member=member, add=skills)
