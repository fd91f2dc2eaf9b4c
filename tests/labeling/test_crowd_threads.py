"""Twenty-four labelers with two tabs each, at once, on real PostgreSQL."""

import random
from collections import Counter

import pytest

from apps.accounts.models import User
from apps.labeling.models import Judgment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.reserve import task_reserve
from apps.projects.models import Membership, Project
from apps.projects.services import project_create
from tests.labeling.test_queue_threads import assert_counters_agree_with_rows, in_threads, labelers
from tests.make import make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)

LABELERS, TABS = 24, 2


@pytest.fixture
def crowd() -> Project:
    boss = User.objects.create_user("boss@example.org")
    project = project_create(actor=boss, slug="crowd", name="Crowd", seed=1, overlap_share=0)
    for number in range(LABELERS):
        Membership.objects.create(
            project=project, user=User.objects.create_user(f"l{number}@example.org"), role="labeler",
            pseudonym=f"labeler-{number}", skills=["language:es"] if number % 3 == 0 else [],
            accepts_sensitive=number % 4 == 0, cohort="held-out" if number % 6 == 5 else "training",
        )  # fmt: skip
    return project


def work(tab: tuple[int, Membership]) -> int:
    """Until nothing is left, now and then with a reservation ahead."""
    number, member = tab
    rng, done = random.Random(number), 0
    while (lease := assignment_claim(member=member, kind="rank")) is not None:
        if rng.random() < 0.3:
            task_reserve(member=member, kind="rank", beside=lease)
        done += judgment_submit(assignment=lease, body={"tiers": {"A": 1, "B": 2}}).new
    return done


def test_everything_is_judged_as_often_as_it_should_be_and_by_whom_it_may(crowd):
    kinds = [{}, {}, {"sensitive": True}, {"requires": ["language:es"]}, {"cohort": "held-out"}, {"priority": 5}]
    tasks = [make_rank_task(crowd, k=2, required=3, **kinds[at % len(kinds)]) for at in range(24)]
    tabs = list(enumerate(member for member in labelers(crowd) for _ in range(TABS)))

    done = in_threads(work, tabs)

    assert not Task.objects.exclude(open_slots=0).exists(), "somebody was told that nothing is left"
    assert sum(done) == 3 * len(tasks) == Judgment.objects.count()
    assert not Judgment.objects.filter(surplus=True).exists()
    assert_counters_agree_with_rows()
    said = Judgment.objects.select_related("task", "assignment__membership")
    assert set(Counter((one.task_id, one.assignment.membership_id) for one in said).values()) == {1}
    for one in said:
        member, task = one.assignment.membership, one.task
        assert set(task.requires) <= set(member.skills)
        assert member.accepts_sensitive or not task.sensitive
        assert task.cohort in (None, member.cohort)
    for member in labelers(crowd):
        assert member.judgments == sum(one.assignment.membership_id == member.pk for one in said)
