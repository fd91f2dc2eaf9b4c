"""An empty queue says why: what is in the way, how much of it, and what can be done, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.labeling.models import Assignment, QueueCursor, Task
from apps.labeling.selectors import QueueState, queue_state
from apps.labeling.selectors.reasons import Code, Reason
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import Membership, Project
from apps.projects.services import guideline_acknowledge, guideline_publish
from apps.prompts.services import completion_by_member
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task

pytestmark = pytest.mark.django_db


def state_of(member: Membership, kind: str | None = None) -> QueueState:
    return queue_state(Membership.objects.select_related("project").get(pk=member.pk), kind)


def codes(member: Membership, kind: str | None = None) -> list[str]:
    return [reason.code.value for reason in state_of(member, kind).reasons]


def write_one(member: Membership) -> None:
    assignment = assignment_claim(member=Membership.objects.get(pk=member.pk), kind="demonstrate")
    assert assignment is not None
    judgment_submit(assignment=assignment, body={"text": "A reply."})


def test_a_queue_with_work_gives_no_reasons(cast: Cast):
    make_rank_task(cast.project)
    make_rank_task(cast.project, sensitive=True)
    assert state_of(cast.labeler) == QueueState(1, 0, None)


def test_no_tasks_at_all(cast: Cast):
    assert codes(cast.labeler) == ["no_tasks"]
    make_demonstrate_task(cast.project)
    assert codes(cast.labeler, "rank") == ["no_tasks"]


def test_all_done(cast: Cast):
    make_demonstrate_task(cast.project)
    write_one(cast.labeler)
    assert state_of(cast.labeler).reasons == (Reason(Code.DONE, 1),)
    assert codes(cast.second_labeler) == ["no_tasks"]


def test_held_by_others_until(cast: Cast):
    make_demonstrate_task(cast.project)
    assignment = assignment_claim(member=cast.second_labeler, kind="demonstrate")
    assert assignment is not None
    (reason,) = state_of(cast.labeler).reasons
    assert (reason.code, reason.count, reason.until) == (Code.HELD_BY_OTHERS, 1, assignment.lease_expires_at)


def test_what_others_hold_and_this_labeler_may_not_take_is_no_promise(cast: Cast):
    make_demonstrate_task(cast.project, requires=["language:es"])
    Membership.objects.filter(pk=cast.second_labeler.pk).update(skills=["language:es"])
    assert assignment_claim(member=Membership.objects.get(pk=cast.second_labeler.pk), kind="demonstrate")
    assert state_of(cast.labeler).held_by_others == 0


def test_the_whole_quota(cast: Cast):
    Project.objects.update(labeler_quota=1)
    make_demonstrate_task(cast.project, required=2)
    make_demonstrate_task(cast.project)
    assert state_of(cast.labeler).available == 1
    write_one(cast.labeler)
    assert state_of(cast.labeler) == QueueState(0, 0, None, reasons=(Reason(Code.QUOTA_REACHED, 1),))
    assert state_of(cast.second_labeler).available == 1


def test_the_days_quota_and_when_the_next_day_begins(cast: Cast):
    Project.objects.update(labeler_daily_quota=2, labeler_quota=50)
    for _ in range(4):
        make_demonstrate_task(cast.project)
    write_one(cast.labeler)
    assert state_of(cast.labeler).available == 1
    write_one(cast.labeler)
    (reason,) = state_of(cast.labeler).reasons
    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    assert (reason.code, reason.count, reason.until) == (Code.DAILY_QUOTA_REACHED, 2, midnight)
    Assignment.objects.update(seen_at=timezone.now() - timedelta(days=1))
    assert state_of(cast.labeler).available == 2


def test_sensitive_ones_that_one_does_not_accept(cast: Cast):
    for _ in range(3):
        make_rank_task(cast.project, sensitive=True)
    assert state_of(cast.labeler).reasons == (Reason(Code.SENSITIVE_NOT_ACCEPTED, 3),)


def test_missing_skills_are_named_the_commonest_first(cast: Cast):
    Membership.objects.filter(pk=cast.labeler.pk).update(skills=["domain:law"])
    make_rank_task(cast.project, requires=["domain:law", "language:es"])
    make_rank_task(cast.project, requires=["language:es"], sensitive=True)
    make_rank_task(cast.project, requires=["domain:medicine"])
    (reason,) = state_of(cast.labeler).reasons
    assert (reason.code, reason.count) == (Code.SKILLS_MISSING, 3)
    assert reason.skills == ("language:es", "domain:medicine")


def test_of_what_is_kept_for_another_cohort_nothing_is_told(cast: Cast):
    make_rank_task(cast.project, cohort="held-out", requires=["domain:secret"])
    make_rank_task(cast.project, cohort="held-out")
    assert state_of(cast.labeler).reasons == (Reason(Code.KEPT_FOR_OTHERS),)
    assert state_of(cast.held_out_labeler).available == 1


def test_ones_own_texts(cast: Cast):
    make_demonstrate_task(cast.project)
    Task.objects.all().delete()
    prompt = make_prompt(cast.project, author=cast.labeler)
    Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1)
    other = make_prompt(cast.project)
    mine = completion_by_member(prompt=other, member=cast.labeler, body="Mine")
    (theirs,) = make_completions(other, ["A model's"])
    Task.objects.create(
        project=cast.project, prompt=other, kind="rank", required=1, open_slots=1, candidates=[mine.pk, theirs.pk],
        candidate_set=[mine.pk, theirs.pk],
    )  # fmt: skip
    assert state_of(cast.labeler).reasons == (Reason(Code.OWN_TEXTS, 2),)
    assert state_of(cast.second_labeler).available == 2


def test_a_paused_project_and_an_unread_guideline_stop_all_work(cast: Cast):
    make_rank_task(cast.project)
    guideline = guideline_publish(actor=cast.manager.user, project=cast.project, body="Be kind.")
    assert state_of(cast.labeler) == QueueState(
        0, 0, None, reasons=(Reason(Code.GUIDELINE_UNACKNOWLEDGED, guideline.number),)
    )
    guideline_acknowledge(member=cast.labeler, number=guideline.number)
    assert state_of(cast.labeler).available == 1
    Project.objects.update(state="paused")
    assert codes(cast.labeler) == ["project_not_active"]


def test_evaluation_and_gold_leave_no_trace(cast: Cast):
    make_rank_task(cast.project, purpose="evaluation", sensitive=True, requires=["language:es"])
    make_rank_task(cast.project, purpose="gold", cohort="held-out")
    assert codes(cast.labeler) == ["no_tasks"]


def test_counting_begins_at_the_cursor_and_ends_at_its_limit(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    tasks = [make_rank_task(cast.project, requires=["language:es"]) for _ in range(4)]
    monkeypatch.setattr("apps.labeling.selectors.queue.LOOK_AT_MOST", 3)
    state = state_of(cast.labeler, "rank")
    assert (state.available, state.more) == (0, True)  # there may be some further down: the claim will look
    assert [reason.code for reason in state.reasons] == [Code.SKILLS_MISSING]
    monkeypatch.setattr("apps.labeling.selectors.reasons.LOOK_AT_MOST", 0)
    assert state_of(cast.labeler, "rank").reasons == ()  # who did not look to the end does not say "no tasks"
    QueueCursor.objects.create(
        membership=cast.labeler, kind="rank", priority=0, lane=1, position=tasks[-1].position or tasks[-1].pk
    )
    assert state_of(cast.labeler, "rank").more is False


def test_one_finds_work_of_every_priority_and_what_came_back(cast: Cast):
    for priority in (5, 0, -3):
        make_rank_task(cast.project, priority=priority)
    returned = make_rank_task(cast.project, priority=0)
    Task.objects.filter(pk=returned.pk).update(open_slots=0)
    Task.objects.filter(pk=returned.pk).update(open_slots=1)
    make_demonstrate_task(cast.project)
    assert state_of(cast.labeler, "rank").available == 4
    assert state_of(cast.labeler).available == 5


def test_the_number_of_queries_is_bounded(cast: Cast):
    make_rank_task(cast.project, sensitive=True, requires=["language:es"], cohort="held-out")
    member = Membership.objects.select_related("project").get(pk=cast.labeler.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        queue_state(member)
    assert len(queries) <= 8
