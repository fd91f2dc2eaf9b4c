"""Reserving the next task: the claim's rules, two minutes, one slot, and nobody works on it before it is theirs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.domain.errors import Conflict
from apps.labeling.models import Assignment, Task
from apps.labeling.selectors import queue_state
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import (
    assignment_heartbeat,
    assignment_release,
    assignment_skip,
    draft_save,
    leases_reap,
)
from apps.labeling.services.reserve import task_reserve
from apps.labeling.views.ahead import ahead_mark
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.models import Membership, Project
from apps.projects.services import guideline_acknowledge, guideline_publish, schema_publish
from tests.cast import Cast
from tests.make import make_demonstrate_task, make_rank_task

BODY = {"tiers": {"A": 1, "B": 2}}


@pytest.fixture
def tasks(cast: Cast) -> list[Task]:
    return [make_rank_task(cast.project, k=2) for _ in range(3)]


@pytest.fixture
def lease(cast: Cast, tasks: list[Task]) -> Assignment:
    return assignment_claim(member=cast.labeler, kind="rank")


def reserve(cast: Cast, lease: Assignment, kind: str = "rank") -> Assignment | None:
    return task_reserve(member=cast.labeler, kind=kind, beside=lease)


def open_slots(tasks: list[Task]) -> list[int]:
    return [Task.objects.get(pk=task.pk).open_slots for task in tasks]


def lapse(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_the_next_task_is_set_aside_for_two_minutes(cast, tasks, lease):
    reserved = reserve(cast, lease)
    assert (reserved.state, reserved.task_id) == ("reserved", tasks[1].pk)
    assert timedelta(seconds=110) < reserved.lease_expires_at - timezone.now() <= timedelta(minutes=2)
    assert open_slots(tasks) == [0, 0, 1]


def test_reserving_again_renews_the_one_there_is(cast, tasks, lease):
    first = reserve(cast, lease)
    lapse(first)
    again = reserve(cast, lease)
    assert again.pk == first.pk
    assert again.lease_expires_at > timezone.now() + timedelta(seconds=110)
    assert open_slots(tasks) == [0, 0, 1]


def test_only_who_holds_a_lease_may_reserve(cast, tasks, lease):
    lapse(lease)
    assert reserve(cast, lease) is None
    judgment_submit(assignment=lease, body=BODY)
    assert reserve(cast, lease) is None
    assert open_slots(tasks) == [0, 1, 1]


def test_a_claim_makes_ones_own_reservation_the_lease(cast, tasks, lease):
    reserved = reserve(cast, lease)
    make_rank_task(cast.project, k=2, priority=9)  # newer and more urgent: what is promised comes first all the same
    judgment_submit(assignment=lease, body=BODY)
    claimed = assignment_claim(member=cast.labeler, kind="rank")
    assert (claimed.pk, claimed.state) == (reserved.pk, "leased")
    assert claimed.lease_expires_at > timezone.now() + timedelta(minutes=5)
    assert open_slots(tasks) == [0, 0, 1]


def test_skipping_and_putting_back_keep_it_for_the_next_claim(cast, tasks, lease):
    reserved = reserve(cast, lease)
    assignment_skip(assignment=lease)
    second = assignment_claim(member=cast.labeler, kind="rank")
    assert second.pk == reserved.pk
    third = reserve(cast, second)
    assignment_release(assignment=second)
    assert assignment_claim(member=cast.labeler, kind="rank").pk == third.pk


def test_it_lapses_and_its_slot_returns(cast, tasks, lease):
    reserved = reserve(cast, lease)
    lapse(reserved)
    assert leases_reap() == 1
    reserved.refresh_from_db()
    assert (reserved.state, reserved.lease_expires_at) == ("expired", None)
    assert open_slots(tasks) == [0, 1, 1]
    assert reserve(cast, lease).pk == reserved.pk, "what lapsed may be set aside again, in the same row"


def test_the_heartbeat_of_the_lease_renews_it(cast, lease):
    reserved = reserve(cast, lease)
    lapse(reserved)
    assignment_heartbeat(assignment=lease)
    reserved.refresh_from_db()
    assert reserved.lease_expires_at > timezone.now() + timedelta(seconds=110)


def test_a_heartbeat_brings_no_lapsed_reservation_back(cast, lease):
    reserved = reserve(cast, lease)
    lapse(reserved)
    leases_reap()
    assignment_heartbeat(assignment=lease)
    reserved.refresh_from_db()
    assert reserved.state == "expired"


def test_nothing_to_reserve(cast):
    make_rank_task(cast.project, k=2)
    lease = assignment_claim(member=cast.labeler, kind="rank")
    assert reserve(cast, lease) is None


def test_the_claims_rules_hold(cast, tasks, lease):
    Project.objects.update(state="paused")
    with pytest.raises(Conflict, match="no work is handed out"):
        reserve(cast, lease)
    Project.objects.update(state="active")
    version = guideline_publish(
        actor=cast.manager.user, project=cast.project, body="Anew.", requires_acknowledgement=True
    )
    with pytest.raises(Conflict, match="acknowledge guideline"):
        reserve(cast, lease)
    guideline_acknowledge(member=cast.labeler, number=version.number, track=version.track)
    assert reserve(cast, lease).guideline == version


def test_sensitive_tasks_are_set_aside_only_for_those_who_accept_them(cast, lease, tasks):
    Task.objects.filter(pk__in=[tasks[1].pk, tasks[2].pk]).update(sensitive=True)
    assert reserve(cast, lease) is None
    Membership.objects.filter(pk=cast.labeler.pk).update(accepts_sensitive=True)
    reserved = reserve(cast, lease)
    assert reserved.task.sensitive
    Membership.objects.filter(pk=cast.labeler.pk).update(accepts_sensitive=False)
    assert reserve(cast, lease) is None
    assert open_slots(tasks) == [0, 1, 1], "withdrawn: the slot returns at once"


def test_turning_to_another_kind_gives_up_what_was_reserved(cast, tasks, lease):
    demonstration = make_demonstrate_task(cast.project)
    make_demonstrate_task(cast.project)
    reserve(cast, lease)
    assignment_release(assignment=lease)
    writing = assignment_claim(member=cast.labeler, kind="demonstrate")
    assert writing.task_id == demonstration.pk
    assert reserve(cast, writing, "demonstrate").task.kind == "demonstrate"
    assert open_slots(tasks) == [1, 1, 1]


def test_ones_own_expired_draft_is_what_comes_next(cast, tasks, lease):
    draft_save(assignment=lease, draft={"note": "half"}, revision=0)
    lapse(lease)
    leases_reap()
    Task.objects.filter(pk=tasks[0].pk).update(open_slots=0)  # somebody else took it meanwhile
    second = assignment_claim(member=cast.labeler, kind="rank")
    Task.objects.filter(pk=tasks[0].pk).update(open_slots=1)
    reserved = reserve(cast, second)
    assert (reserved.pk, reserved.draft) == (lease.pk, {"note": "half"})


@pytest.mark.parametrize(
    "verb",
    [
        lambda it: judgment_submit(assignment=it, body=BODY),
        lambda it: draft_save(assignment=it, draft={}, revision=0),
        lambda it: assignment_heartbeat(assignment=it),
        lambda it: assignment_skip(assignment=it),
        lambda it: assignment_release(assignment=it),
    ],
)
def test_nobody_works_on_a_task_that_is_not_theirs_yet(cast, lease, verb):
    reserved = reserve(cast, lease)
    with pytest.raises(Conflict, match="set aside for you") as refused:
        verb(reserved)
    assert refused.value.code == "not_leased"


def test_the_queue_counts_it_as_ones_own_to_take_and_as_taken_for_others(cast, tasks, lease):
    reserve(cast, lease)
    assert queue_state(cast.labeler, "rank").available == 2
    others = queue_state(cast.second_labeler, "rank")
    assert (others.available, others.held_by_others) == (1, 2)


def publish_rank_only(cast: Cast) -> int:
    body = SEED_SCHEMA | {"parts": {"ratings": False}}
    return schema_publish(actor=cast.manager.user, project=cast.project, body=body).schema.number


def test_a_reservation_follows_the_schema_until_it_is_worked_on(cast, tasks, lease):
    reserved = reserve(cast, lease)
    before = ahead_mark(reserved)
    newer = publish_rank_only(cast)
    assert assignment_claim(member=cast.labeler, kind="rank").schema.number == newer - 1  # its room stands open
    judgment_submit(assignment=lease, body=BODY)
    taken = assignment_claim(member=cast.labeler, kind="rank")
    assert (taken.pk, taken.schema.number) == (reserved.pk, newer)
    assert ahead_mark(taken) != before  # the room that was fetched ahead asks by the older one


def test_work_with_a_draft_keeps_the_schema_it_was_begun_under(cast, tasks, lease):
    draft_save(assignment=lease, draft={"ratings": {"A": {"overall": 6}}}, revision=0)
    lapse(lease)
    leases_reap()
    newer = publish_rank_only(cast)
    assert assignment_claim(member=cast.labeler, kind="rank").schema.number == newer - 1
