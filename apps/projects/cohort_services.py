"""Which cohort a member belongs to. It decides about judgments to come: those that were given keep theirs."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken

from .models import Cohort, Membership


@transaction.atomic
def member_set_cohort(*, actor: User, member: Membership, cohort: str) -> Membership:
    """From the next judgment on. What the member judged before stays in the cohort it was given in."""
    if cohort not in Cohort.values:
        raise RuleBroken(_("cohort: one of %(known)s.") % {"known": ", ".join(Cohort.values)}, field="cohort")
    Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
    member.refresh_from_db(fields=["cohort"])
    before, member.cohort = member.cohort, cohort
    if before != cohort:
        member.save(update_fields=["cohort"])
        record(actor=actor, verb="member.cohort", target=member, before=before, after=cohort)
    return member
