"""What checks cost a claim, in pages: nothing where there are none, little where they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.labeling.models import Assignment, CheckPace, Task
from apps.labeling.services.offer import offer
from apps.projects.models import Membership, Project
from tests.api.client import Caller
from tests.gold.make import set_rates
from tests.labeling.long_queue import pages_touched, settle
from tests.labeling.test_costs import MOST_PAGES, at_most, caller, member, ranked  # noqa: F401
from tests.make import make_completions, make_prompt, make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)


def some_gold(project: Project, count: int) -> None:
    for _ in range(count):
        prompt = make_prompt(project)
        made = [reply.pk for reply in make_completions(prompt, ["a", "b", "c", "d"])]
        Task.objects.create(
            project=project, prompt=prompt, kind="rank", purpose="gold", candidates=made, candidate_set=sorted(made)
        )


def pages_of_claims(member: Membership, count: int) -> tuple[list[int], list[int]]:  # noqa: F811
    """Of claims that gave work, and of those that gave a check. Each is judged, as far as the next claim can tell."""
    work, checks = [], []
    for _ in range(count):
        found, touched = pages_touched(lambda: offer(member_id=member.pk, project_id=member.project_id, kind="rank"))
        assert found is not None
        given = Assignment.objects.select_related("task").get(pk=found)
        (checks if given.task.purpose == "gold" or given.task.repeats_id else work).append(touched)
        Assignment.objects.filter(pk=found).update(state="submitted", lease_expires_at=None)
        Membership.objects.filter(pk=member.pk).update(judgments=member.judgments + 1)
        member.refresh_from_db()
    return work, checks


def test_a_claim_without_a_check_costs_hardly_more(member: Membership):  # noqa: F811
    for _ in range(60):
        make_rank_task(member.project, k=4)
    some_gold(member.project, 40)
    settle()
    set_rates(member.project, gold_rate=0.1, retest_rate=0.1, retest_after_judgments=3, retest_after_hours=0)
    with_them, checks = pages_of_claims(member, 30)
    set_rates(member.project, gold_rate=0, retest_rate=0)
    # Afterwards: each claim leaves old versions of rows behind, which somebody's open transaction may keep in everybody's way.
    without, _ = pages_of_claims(member, 12)
    assert 4 <= len(checks) <= 6
    assert sorted(with_them)[len(with_them) // 2] <= sorted(without)[len(without) // 2] + 25
    assert max(with_them[3:]) <= MOST_PAGES
    assert min(checks) <= 2 * MOST_PAGES


def test_what_one_met_costs_gold_nothing(member: Membership):  # noqa: F811
    some_gold(member.project, 60)
    set_rates(member.project, gold_rate=1)
    settle()
    _, checks = pages_of_claims(member, 50)
    early, late = sorted(checks[5:15]), sorted(checks[40:])
    # A look at each item that was met would cost four pages a claim; the old versions that claims leave behind cost up to two.
    assert late[5] <= early[5] + 2 * 35, (early, late)


def test_a_claim_and_a_submit_of_gold_take_no_more_statements(member: Membership, caller: Caller):  # noqa: F811
    for _ in range(3):
        make_rank_task(member.project, k=4)
    some_gold(member.project, 3)
    set_rates(member.project, gold_rate=1)
    with at_most(queries=5):
        body = caller.post("projects/long/assignments/", {"kind": "rank"}).json()
    with at_most(queries=5):
        said = caller.post(f"assignments/{body['uid']}/submit/?next=1", ranked(body))
    assert said.status_code == 201
    assert Assignment.objects.filter(task__purpose="gold").count() == 2


def test_who_mixes_nothing_in_asks_nothing_about_it(member: Membership):  # noqa: F811
    make_rank_task(member.project, k=4)
    some_gold(member.project, 2)
    with CaptureQueriesContext(connection) as captured:
        offer(member_id=member.pk, project_id=member.project_id, kind="rank")
    assert len(captured) <= 2
    assert not CheckPace.objects.exists()
