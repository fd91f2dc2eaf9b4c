"""Two windows submit one task at the same moment, under real threads on real PostgreSQL."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.domain.errors import Conflict
from apps.labeling.models import Assignment, Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import Submitted, judgment_correct, judgment_submit
from apps.projects.models import Membership
from apps.projects.services import project_create
from tests.labeling.test_queue_threads import in_threads
from tests.make import make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)

WINDOWS = 6


@pytest.fixture
def assignment() -> Assignment:
    boss = User.objects.create_user("boss@example.org")
    project = project_create(actor=boss, slug="busy", name="Busy", seed=1, overlap_share=0)
    member = Membership.objects.create(
        project=project, user=User.objects.create_user("labeler@example.org"), role="labeler", pseudonym="labeler-1"
    )
    make_rank_task(project, k=3)
    found = assignment_claim(member=member, kind="rank")
    assert found is not None
    return found


def at_once(assignment: Assignment, verb: Callable[..., Submitted], bodies: list[dict[str, Any]]) -> list[Any]:
    start = Barrier(len(bodies))

    def send(body: dict[str, Any]) -> Any:
        start.wait()
        try:
            return verb(assignment=assignment, body=body)
        except Conflict as error:
            return error.code

    return in_threads(send, bodies)


def test_the_same_answer_from_every_window_is_one_judgment(assignment):
    answers = at_once(assignment, judgment_submit, [{"tiers": {"A": 1, "B": 2, "C": 2}}] * WINDOWS)
    assert sorted(answer.new for answer in answers) == [False] * (WINDOWS - 1) + [True]
    assert {answer.judgment.pk for answer in answers} == {Judgment.objects.get().pk}


def test_of_different_answers_one_stands_and_the_others_are_told(assignment):
    bodies = [{"tiers": {"A": 1, "B": 1, "C": 1}, "note": f"window {number}"} for number in range(WINDOWS)]
    answers = at_once(assignment, judgment_submit, bodies)
    stands = [answer for answer in answers if isinstance(answer, Submitted)]
    assert [answer.new for answer in stands] == [True]
    assert answers.count("already_submitted") == WINDOWS - 1
    assert Judgment.objects.get().note == stands[0].judgment.note


def test_corrections_from_every_window_make_one_chain(assignment):
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2, "C": 3}})
    bodies = [{"tiers": {"A": 1, "B": 1, "C": 1}, "note": f"window {number}"} for number in range(WINDOWS)]
    answers = at_once(assignment, judgment_correct, bodies)
    assert all(answer.new for answer in answers)
    assert Judgment.objects.count() == WINDOWS + 1
    assert Judgment.objects.filter(superseded_by=None).count() == 1


def test_two_windows_of_the_page_get_their_answers(assignment):
    start = Barrier(2)

    def press(tier: str) -> tuple[int, str]:
        client = Client()
        client.force_login(assignment.membership.user, backend="django.contrib.auth.backends.ModelBackend")
        start.wait()
        sent = {"tier-A": "1", "tier-B": tier, "tier-C": tier}
        answer = client.post(f"/work/{assignment.uid}/submit/", sent)
        return answer.status_code, answer.content.decode()

    answers = sorted(in_threads(press, ["1", "2"]))
    assert [status for status, _ in answers] == [303, 409]
    assert "You have submitted this task already" in answers[1][1]
    assert Judgment.objects.count() == 1
