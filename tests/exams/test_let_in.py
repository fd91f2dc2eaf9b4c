"""Nobody who owes an exam comes to work without a decision about it, or a reason that is kept."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.projects.models import Membership
from apps.projects.services import member_set_status
from apps.screening.services.decisions import attempt_decide
from tests.exams.make import publish, sit


def manager_of(cast):
    client = Client()
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def said_of(member):
    return AuditEntry.objects.filter(verb="member.status", object_uid=str(member.uid)).latest("id").data


def status_of(member):
    member.refresh_from_db()
    return member.status


def test_the_page_asks_why_and_points_to_the_exam(cast, candidate):
    page, form = "/p/clinic/members/", f"/p/clinic/members/{candidate.uid}/status/"
    manager = manager_of(cast)
    assert "Let in without it" in manager.get(page).content.decode()
    told = manager.post(form, {"status": "active"}, follow=True).content.decode()
    assert "This member has not been accepted after the exam. Decide about them under Quality, Screening" in told
    assert status_of(candidate) == "qualifying"
    manager.post(form, {"status": "active", "reason": "Sat it elsewhere."})
    assert status_of(candidate) == "active"
    assert said_of(candidate) == {
        "before": "qualifying", "after": "active", "reason": "Sat it elsewhere.", "without_exam": True,
    }  # fmt: skip
    assert "Let in without it" not in manager.get(page).content.decode()


def test_so_does_the_call(cast, candidate):
    manager, address = manager_of(cast), f"/api/v1/projects/clinic/members/{candidate.uid}/"
    for said in ({}, {"reason": ""}, {"reason": " "}):
        answer = manager.patch(address, {"status": "active", **said}, "application/json")
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "reason")
    assert status_of(candidate) == "qualifying"
    kept = manager.patch(address, {"status": "active", "reason": "Known."}, "application/json")
    assert (kept.status_code, status_of(candidate)) == (200, "active")


def test_suspending_and_reinstating_is_no_way_round(cast, candidate):
    member_set_status(actor=cast.manager.user, member=candidate, status="suspended")
    with pytest.raises(RuleBroken, match="has not been accepted"):
        member_set_status(actor=cast.manager.user, member=candidate, status="active")


def test_a_decision_lets_them_in_and_a_later_one_takes_it_back(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="accept_training", reason="Reads closely.")
    assert status_of(candidate) == "active"
    assert said_of(candidate) == {"before": "qualifying", "after": "active", "reason": "Reads closely."}
    member_set_status(actor=cast.manager.user, member=candidate, status="suspended")
    member_set_status(actor=cast.manager.user, member=candidate, status="active")
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="reject", reason="On second thought.")
    with pytest.raises(RuleBroken, match="has not been accepted"):
        member_set_status(actor=cast.manager.user, member=candidate, status="active")


def test_who_was_suspended_and_is_rejected_then_owes_it_too(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="accept_training", reason="Fine.")
    member_set_status(actor=cast.manager.user, member=candidate, status="suspended")
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="reject", reason="Not fine.")
    candidate.refresh_from_db()
    assert (candidate.status, candidate.owes_exam) == ("suspended", True)


def test_who_never_was_to_sit_one_is_reinstated_as_before(cast):
    member_set_status(actor=cast.manager.user, member=cast.labeler, status="suspended")
    member_set_status(actor=cast.manager.user, member=cast.labeler, status="active")
    assert said_of(cast.labeler) == {"before": "suspended", "after": "active"}


def test_a_reason_too_long_is_told(cast, candidate):
    with pytest.raises(RuleBroken, match="at most 2000"):
        member_set_status(actor=cast.manager.user, member=candidate, status="active", reason="x" * 2001)


def test_the_database_lets_nobody_be_active_who_owes_it(cast, candidate):
    with pytest.raises(IntegrityError, match="membership_let_in_before_active"):
        Membership.objects.filter(pk=candidate.pk).update(status="active")


def test_who_was_rejected_before_the_rule_owes_it_and_who_was_accepted_does_not(cast, candidate, other_candidate):
    publish(cast.researcher)
    for member, outcome in ((candidate, "reject"), (other_candidate, "accept_training")):
        attempt_decide(actor=cast.manager, attempt=sit(member), outcome=outcome, reason="So.")
    Membership.objects.filter(pk__in=[candidate.pk, other_candidate.pk]).update(status="suspended", owes_exam=False)
    with connection.cursor() as cursor:
        cursor.execute(import_module("apps.screening.migrations.0003_owes_exam").NOT_ACCEPTED)
    assert list(Membership.objects.filter(owes_exam=True)) == [candidate]
