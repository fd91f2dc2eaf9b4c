"""Who has seen what others said of a task is never given it to judge."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from apps.adjudication.access import sheet_for
from apps.adjudication.models import Resolution
from apps.core.domain.errors import Conflict, Forbidden
from apps.labeling.models import Assignment, Judgment
from apps.labeling.selectors import queue_state
from apps.labeling.selectors.reasons import Code, Reason
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import assignment_release, draft_save
from tests.adjudication.scene import contested
from tests.make import make_rank_task


def open_sheet(cast, task):
    return sheet_for(cast.adjudicator.user, cast.project.slug, task.uid)


def free(task):
    """More judgments are asked for, so that the queue offers it."""
    type(task).objects.filter(pk=task.pk).update(required=9, open_slots=7)


@pytest.mark.parametrize("address", ["/p/{slug}/adjudication/{uid}/", "/api/v1/projects/{slug}/adjudication/{uid}/"])
def test_by_page_and_by_call_it_is_kept_from_them_and_from_nobody_else(cast, address):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    free(task)
    client = Client()
    client.force_login(cast.adjudicator.user, backend="django.contrib.auth.backends.ModelBackend")
    for _ in range(2):
        assert client.get(address.format(slug=cast.project.slug, uid=task.uid)).status_code == 200
    assert assignment_claim(member=cast.adjudicator, kind="rank") is None
    assert queue_state(cast.adjudicator, "rank").available == 0
    assert queue_state(cast.adjudicator, "rank").reasons == (Reason(Code.ANSWERS_SEEN, 1),)
    assert assignment_claim(member=cast.labeler, kind="rank").task == task


def test_the_next_task_comes_instead(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1], priority=5)
    free(task)
    other = make_rank_task(cast.project)
    open_sheet(cast, task)
    assert assignment_claim(member=cast.adjudicator, kind="rank").task == other


def test_what_they_had_begun_and_given_back_takes_nothing_more(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    free(task)
    begun = assignment_claim(member=cast.adjudicator, kind="rank")
    draft_save(assignment=begun, draft={"note": "mine"}, revision=0)
    with pytest.raises(Forbidden, match="in hand"):
        open_sheet(cast, task)
    assignment_release(assignment=begun)
    open_sheet(cast, task)
    begun.refresh_from_db()
    for verb in (
        lambda: judgment_submit(assignment=begun, body={"tiers": {"A": 1, "B": 2, "C": 3}}),
        lambda: draft_save(assignment=begun, draft={"note": "more"}, revision=1),
        lambda: assignment_release(assignment=begun),
    ):
        with pytest.raises(Conflict) as told:
            verb()
        assert told.value.code == "barred"
    assert not Judgment.objects.filter(assignment=begun).exists()
    assert assignment_claim(member=cast.adjudicator, kind="rank") is None


def test_the_database_lets_nobody_out_of_it(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    open_sheet(cast, task)
    with pytest.raises(IntegrityError, match="never judges it"):
        Assignment.objects.filter(task=task, membership=cast.adjudicator).update(state="released")


def test_who_settled_before_the_rule_is_kept_from_it_too(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    free(task)
    said = list(Judgment.objects.filter(task=task).values_list("pk", flat=True))
    Resolution.objects.create(
        task=task, membership=cast.adjudicator, category="slip", tiers=[1, 2, 3], judgments=said
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(import_module("apps.adjudication.migrations.0004_who_settled_never_judges").BAR)
    assert Assignment.objects.get().state == "barred"
    assert assignment_claim(member=cast.adjudicator, kind="rank") is None
