"""What a claim and a submit cost the database, counted in statements and pages: neighbours do not change these numbers."""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.labeling.models import QueueCursor
from apps.labeling.services.offer import offer
from apps.projects.models import Membership
from apps.projects.services import guideline_acknowledge, guideline_publish, member_add, project_create
from tests.api.client import Caller, caller_for
from tests.labeling.long_queue import fill, judge_all, pages_touched, settle
from tests.make import make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)

MOST_PAGES = 150


@pytest.fixture
def member() -> Membership:
    boss = User.objects.create_user("boss@example.org")
    project = project_create(actor=boss, slug="long", name="Long", seed=1, overlap_share=0)
    member_add(actor=boss, project=project, email="l@example.org", role="labeler", password="a long password")
    member = Membership.objects.select_related("project", "user").get(user__email="l@example.org")
    version = guideline_publish(actor=boss, project=project, body="Read.", requires_acknowledgement=True)
    guideline_acknowledge(member=member, number=version.number, track=version.track)
    return member


@pytest.fixture
def caller(member: Membership) -> Caller:
    return caller_for(member.user)


@contextmanager
def at_most(queries: int) -> Any:
    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) <= queries, [query["sql"][:100] for query in captured]


def ranked(body: dict[str, Any]) -> dict[str, Any]:
    letters = [candidate["letter"] for candidate in body["candidates"]]
    return {
        "tiers": {letter: 1 + at for at, letter in enumerate(letters)},
        "ratings": {letter: {"overall": 4, "flags": {"hallucination": "no"}} for letter in letters},
    }


def claimed(caller: Caller, *, queries: int) -> Any:
    with at_most(queries=queries):
        return caller.post("projects/long/assignments/", {"kind": "rank"})


def test_a_claim_and_a_submit_take_a_handful_of_statements_and_pages(member, caller):
    for _ in range(6):
        make_rank_task(member.project, k=4)
    pages = []
    for _ in range(5):
        answer, touched = pages_touched(lambda: claimed(caller, queries=5))
        pages.append(touched)
        body = answer.json()
        with at_most(queries=4):
            said = caller.post(f"assignments/{body['uid']}/submit/", ranked(body))
        assert said.status_code == 201
    assert min(pages) <= MOST_PAGES, pages  # the first ones still look rules up for their plans


def test_a_submit_with_the_next_task_takes_no_more_than_both(member, caller):
    for _ in range(3):
        make_rank_task(member.project, k=4)
    body = caller.post("projects/long/assignments/", {"kind": "rank"}).json()
    with at_most(queries=5):
        said = caller.post(f"assignments/{body['uid']}/submit/?next=1", ranked(body))
    assert said.json()["next"]["uid"] != body["uid"]


def claim_and_give_up(member: Membership) -> int:
    """The pages of one claim. The task goes to nobody: the next claim looks on from where this one stopped."""
    found, touched = pages_touched(lambda: offer(member_id=member.pk, project_id=member.project_id, kind="demonstrate"))
    assert found is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_assignment SET state = 'skipped', lease_expires_at = NULL WHERE id = %s", [found]
        )
    return touched


def steady(member: Membership) -> int:
    """The pages of a claim once the cursors stand where they should."""
    return min(claim_and_give_up(member) for _ in range(6))


@pytest.mark.parametrize(
    "behind",
    [
        lambda member: (fill(member.project, 50_000, required=5), judge_all(member)),
        lambda member: (
            fill(member.project, 3_400, sensitive=True),
            fill(member.project, 3_300, cohort="held-out"),
            fill(member.project, 3_300, requires=["language:xh"]),
        ),
    ],
    ids=["50,000 own judgments at overlap 5", "10,000 tasks for other people"],
)
def test_what_lies_behind_costs_a_claim_nothing(member, behind: Callable[[Membership], object]):
    fill(member.project, 50)
    settle()
    light = steady(member)
    member.project.tasks.all().update(state="closed")
    behind(member)
    fill(member.project, 50)
    settle()
    heavy = steady(member)
    assert heavy <= 2 * light, (light, heavy)
    assert heavy <= MOST_PAGES


def test_the_first_claim_and_one_that_looks_back_read_past_own_judgments_in_one_pass(member):
    fill(member.project, 5_000, required=5)
    judge_all(member)
    fill(member.project, 50)
    settle()
    first = claim_and_give_up(member)
    QueueCursor.objects.update(rewound_at=timezone.now() - timedelta(minutes=11))
    again = claim_and_give_up(member)
    assert max(first, again) <= 1_500, (first, again)  # asking for each task would be 15,000
