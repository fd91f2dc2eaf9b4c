"""Reservations under real threads: never over-assigned, no slot lost, whoever comes in between."""

import random
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.labeling.models import Assignment, Judgment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import assignment_heartbeat, leases_reap
from apps.labeling.services.reserve import task_reserve
from tests.labeling.test_queue_threads import (
    assert_counters_agree_with_rows,
    busy_project,  # noqa: F401  # a fixture
    in_threads,
    labelers,
)
from tests.make import make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"tiers": {"A": 1, "B": 1}}


def lapse_some(member, state: str) -> None:
    Assignment.objects.filter(membership=member, state=state).update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )


def judge_with_reservations(member, rng: random.Random) -> int:
    """Work as the room does: claim, reserve ahead, submit; now and then nobody comes back for what was reserved."""
    done = 0
    while (lease := assignment_claim(member=member, kind="rank")) is not None:
        if rng.random() < 0.8:
            task_reserve(member=member, kind="rank", beside=lease)
        if rng.random() < 0.2:
            lapse_some(member, "reserved")
            leases_reap()
        if rng.random() < 0.1:
            lapse_some(member, "leased")
            leases_reap()
            continue
        done += judgment_submit(assignment=lease, body=BODY).new
    return done


@pytest.mark.parametrize("required", [1, 3])
def test_every_task_gets_exactly_its_judgments(busy_project, required):  # noqa: F811
    for _ in range(20):
        make_rank_task(busy_project, k=2, required=required)

    in_threads(lambda member: judge_with_reservations(member, random.Random(member.pk)), labelers(busy_project))
    for member in labelers(busy_project):  # what somebody had reserved while the others were told "nothing left"
        while (lease := assignment_claim(member=member, kind="rank")) is not None:
            judgment_submit(assignment=lease, body=BODY)

    assert Judgment.objects.count() == 20 * required
    assert not Task.objects.exclude(open_slots=0).exists()
    assert_counters_agree_with_rows()


def test_two_tabs_reserve_one_task(busy_project):  # noqa: F811
    for _ in range(6):
        make_rank_task(busy_project, k=2)
    member = labelers(busy_project)[0]
    lease = assignment_claim(member=member, kind="rank")

    reserved = in_threads(lambda _: task_reserve(member=member, kind="rank", beside=lease).pk, range(4))

    assert len(set(reserved)) == 1
    assert Assignment.objects.filter(membership=member, state="reserved").count() == 1
    assert_counters_agree_with_rows()


def test_one_tab_submits_and_claims_while_the_other_reserves(busy_project):  # noqa: F811
    member = labelers(busy_project)[0]
    for _ in range(40):
        make_rank_task(busy_project, k=2)
    for _ in range(8):
        lease = assignment_claim(member=member, kind="rank")

        def verb(name: str, lease: Assignment = lease) -> object:
            if name == "reserve":
                return task_reserve(member=member, kind="rank", beside=lease)
            judgment_submit(assignment=lease, body=BODY)
            return assignment_claim(member=member, kind="rank")

        in_threads(verb, ["reserve", "submit", "reserve", "submit"])

        held = Assignment.objects.filter(membership=member)
        assert held.filter(state="leased").count() == 1
        assert held.filter(state="reserved").count() <= 1
        assert_counters_agree_with_rows()


def test_the_reaper_races_the_promotion(busy_project):  # noqa: F811
    member = labelers(busy_project)[0]
    for _ in range(12):
        make_rank_task(busy_project, k=2)
    lease = assignment_claim(member=member, kind="rank")
    for _ in range(10):
        task_reserve(member=member, kind="rank", beside=lease)
        lapse_some(member, "reserved")

        def verb(name: str, lease: Assignment = lease) -> object:
            if name == "reap":
                return leases_reap()
            if name == "beat":
                return assignment_heartbeat(assignment=lease)
            return assignment_claim(member=member, kind="rank")

        in_threads(verb, ["beat", "reap", "beat"])
        lapse_some(member, "reserved")
        judgment_submit(assignment=lease, body=BODY)
        _, lease, _ = in_threads(verb, ["reap", "claim", "reap"])

        assert Assignment.objects.get(pk=lease.pk).state == "leased"
        assert_counters_agree_with_rows()


def test_killed_in_between_leaves_nothing_half_done(busy_project):  # noqa: F811
    """A server that dies while it reserves or promotes: the transaction ends, slot and row together."""
    member = labelers(busy_project)[0]
    for _ in range(3):
        make_rank_task(busy_project, k=2)
    lease = assignment_claim(member=member, kind="rank")

    @transaction.atomic
    def die_after(work) -> None:
        work()
        raise KeyboardInterrupt

    def killed(work) -> None:
        with pytest.raises(KeyboardInterrupt):
            die_after(work)

    killed(lambda: task_reserve(member=member, kind="rank", beside=lease))
    assert not Assignment.objects.filter(state="reserved").exists()
    assert_counters_agree_with_rows()

    reserved = task_reserve(member=member, kind="rank", beside=lease)
    judgment_submit(assignment=lease, body=BODY)
    killed(lambda: assignment_claim(member=member, kind="rank"))
    assert Assignment.objects.get(pk=reserved.pk).state == "reserved"
    assert_counters_agree_with_rows()
    assert assignment_claim(member=member, kind="rank").pk == reserved.pk
