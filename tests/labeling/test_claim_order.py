"""Which task a claim takes: the same as a slow model in Python chooses, whatever happened before; and the cursors."""

import random
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.domain.errors import Conflict
from apps.labeling.models import Assignment, QueueCursor, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.labeling.services.leases import assignment_release, assignment_skip, leases_reap
from apps.labeling.services.reserve import task_reserve
from apps.projects.models import Membership, Project
from tests.cast import Cast
from tests.make import make_prompt, make_rank_task

pytestmark = pytest.mark.django_db

BODY = {"tiers": {"A": 1, "B": 1}}
SKILLS = ["language:es", "domain:medicine"]


@dataclass(frozen=True)
class Room:
    """Labelers at work, and a random source for what happens next."""

    people: list[Membership]
    rng: random.Random

    def fresh(self, member: Membership) -> Membership:
        return Membership.objects.select_related("project", "user").get(pk=member.pk)


def takeable(member: Membership) -> list[Task]:
    """What `member` may take, best first: the rules, read off row by row."""
    mine = Assignment.objects.filter(membership=member).exclude(state__in=["released", "expired"])
    done = set(mine.values_list("task", flat=True))
    fits = [
        task
        for task in Task.objects.filter(project=member.project_id, kind="rank", purpose="production")
        if task.state == "open" and task.open_slots > 0 and task.pk not in done
        and (member.accepts_sensitive or not task.sensitive)
        and task.cohort in (None, member.cohort)
        and set(task.requires) <= set(member.skills)
        and member.pk not in task.writers
    ]  # fmt: skip
    return sorted(fits, key=lambda task: (-task.priority, task.position))


def random_task(project: Project, room: Room) -> Task:
    rng = room.rng
    task = make_rank_task(
        project, k=2, required=rng.choice([1, 1, 2, 3]), priority=rng.choice([0, 0, 0, 5, -3]),
        sensitive=rng.random() < 0.2, cohort=rng.choice([None, None, "training", "held-out"]),
        requires=rng.choice([[], [], [], SKILLS[:1], SKILLS]),
    )  # fmt: skip
    task.refresh_from_db()
    return task


def something_happens(project: Project, room: Room) -> None:
    """To a task or to a person: whatever a manager can do, and time."""
    rng = room.rng
    task = rng.choice(list(Task.objects.filter(project=project)))
    person = Membership.objects.filter(pk=rng.choice(room.people).pk)
    changes = [
        lambda: Task.objects.filter(pk=task.pk).update(priority=rng.choice([0, 5, 9])),
        lambda: Task.objects.filter(pk=task.pk).update(state=rng.choice(["open", "closed"])),
        lambda: Task.objects.filter(pk=task.pk).update(cohort=None, requires=[]),
        lambda: Task.objects.filter(pk=task.pk).update(sensitive=not task.sensitive),
        lambda: random_task(project, room),
        lambda: person.update(accepts_sensitive=rng.random() < 0.5),
        lambda: person.update(skills=rng.choice([[], SKILLS[:1], SKILLS])),
        lambda: person.update(cohort=rng.choice(["training", "held-out"])),
        lambda: QueueCursor.objects.update(rewound_at=timezone.now() - timedelta(minutes=11)),
    ]
    rng.choice(changes)()


def ends(assignment: Assignment, rng: random.Random) -> None:
    """Now and then a lease is left behind, so that the same labeler comes back to it."""
    chance = rng.random()
    if chance < 0.5:
        judgment_submit(assignment=assignment, body=BODY)
    elif chance < 0.65:
        assignment_skip(assignment=assignment)
    elif chance < 0.8:
        assignment_release(assignment=assignment)
    else:
        Assignment.objects.filter(pk=assignment.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        leases_reap()


@pytest.mark.parametrize("seed", range(4))
def test_every_claim_takes_what_the_model_would(cast: Cast, seed: int):
    room = Room([cast.labeler, cast.second_labeler, cast.held_out_labeler], random.Random(seed))
    for _ in range(12):
        random_task(cast.project, room)
    taken = 0
    for _ in range(60):
        something_happens(cast.project, room)
        member = room.fresh(room.rng.choice(room.people))
        expected = takeable(member)
        found = assignment_claim(member=member, kind="rank")
        assert (found and found.task_id) == (expected[0].pk if expected else None)
        if found is not None:
            taken += 1
            ends(found, room.rng)
    assert taken > 10, "a walk that claims nothing proves nothing"


@pytest.mark.parametrize("seed", range(2))
def test_a_reservation_is_what_the_model_would_take_next(cast: Cast, seed: int):
    room = Room([cast.labeler, cast.held_out_labeler], random.Random(100 + seed))
    for _ in range(14):
        random_task(cast.project, room)
    for _ in range(12):
        member = room.fresh(room.rng.choice(room.people))
        lease = assignment_claim(member=member, kind="rank")
        if lease is None:
            continue
        expected = takeable(member)
        reserved = task_reserve(member=member, kind="rank", beside=lease)
        assert (reserved and reserved.task_id) == (expected[0].pk if expected else None)
        judgment_submit(assignment=lease, body=BODY)
        following = assignment_claim(member=member, kind="rank")
        assert following == reserved
        if following is not None:
            ends(following, room.rng)
            Assignment.objects.filter(membership=member, state="reserved").update(
                lease_expires_at=timezone.now() - timedelta(seconds=1)
            )
            leases_reap()


def claim_task(member: Membership) -> Task | None:
    found = assignment_claim(member=member, kind="rank")
    if found is None:
        return None
    judgment_submit(assignment=found, body=BODY)
    return found.task


def cursor(member: Membership, lane: int = 1) -> QueueCursor:
    return QueueCursor.objects.get(membership=member, kind="rank", lane=lane)


def test_what_was_returned_is_found_before_what_is_fresh(cast: Cast):
    tasks = [make_rank_task(cast.project, k=2) for _ in range(12)]
    for task in tasks[:10]:
        assert claim_task(cast.labeler) == task
    held = assignment_claim(member=cast.second_labeler, kind="rank")
    assert held.task == tasks[10]
    assignment_release(assignment=held)
    assert claim_task(cast.labeler) == tasks[10]
    assert claim_task(cast.labeler) == tasks[11]


def test_a_cursor_steps_over_a_head_that_is_not_for_this_labeler(cast: Cast):
    for _ in range(30):
        make_rank_task(cast.project, k=2, cohort="held-out")
    for _ in range(10):
        make_rank_task(cast.project, k=2, requires=["language:es"])
    mine = [make_rank_task(cast.project, k=2) for _ in range(2)]
    assert claim_task(cast.labeler) == mine[0]
    assert cursor(cast.labeler).position == mine[0].pk
    assert claim_task(cast.labeler) == mine[1]


def test_a_cursor_steps_over_a_whole_lane_that_is_not_for_this_labeler(cast: Cast):
    last = [make_rank_task(cast.project, k=2, cohort="held-out") for _ in range(20)][-1]
    assert claim_task(cast.labeler) is None
    assert cursor(cast.labeler).position == last.pk + 1
    new = make_rank_task(cast.project, k=2)
    assert claim_task(cast.labeler) == new
    assert claim_task(cast.held_out_labeler) is not None


def passed_by(member: Membership, task: Task, rewound: timedelta) -> None:
    """As if `task` had been committed after the cursor of `member` went by, so long ago."""
    values = {"position": task.pk + 1, "rewound_at": timezone.now() - rewound, "rewind_to": 0, "rewind_next": 0}
    QueueCursor.objects.update_or_create(membership=member, kind="rank", priority=0, lane=1, defaults=values)


def test_a_task_committed_behind_the_cursor_is_found_after_ten_minutes(cast: Cast):
    late, first, second = (make_rank_task(cast.project, k=2) for _ in range(3))
    passed_by(cast.labeler, late, timedelta(minutes=1))
    assert claim_task(cast.labeler) == first
    passed_by(cast.labeler, late, timedelta(minutes=11))
    assert claim_task(cast.labeler) == late
    assert claim_task(cast.labeler) == second


def test_what_is_read_again_is_what_was_passed_in_the_last_two_periods(cast: Cast):
    tasks = [make_rank_task(cast.project, k=2, required=2) for _ in range(40)]
    marks = []
    for period in range(4):
        for _ in range(10):
            assert claim_task(cast.labeler) is not None
        marks.append(cursor(cast.labeler).position)
        QueueCursor.objects.update(rewound_at=timezone.now() - timedelta(minutes=11))
        if period == 2:
            assert tasks[0].pk < cursor(cast.labeler).rewind_to
    assert marks == sorted(marks)


def test_nothing_left_is_said_only_after_a_search_from_the_start(cast: Cast):
    late = make_rank_task(cast.project, k=2)
    passed_by(cast.labeler, late, timedelta(minutes=1))
    assert claim_task(cast.labeler) == late


def test_what_the_search_finds_behind_a_cursor_sends_it_back(cast: Cast):
    late, later = make_rank_task(cast.project, k=2), make_rank_task(cast.project, k=2)
    passed_by(cast.labeler, later, timedelta(minutes=1))
    assert claim_task(cast.labeler) == late
    assert not QueueCursor.objects.filter(membership=cast.labeler, lane=1, position__gt=later.pk).exists()
    assert claim_task(cast.labeler) == later


def test_a_new_priority_above_or_between_is_seen_at_once(cast: Cast):
    for priority in (0, 10):
        for _ in range(3):
            make_rank_task(cast.project, k=2, priority=priority)
    assert claim_task(cast.labeler).priority == 10
    for priority in (5, 20, -5):
        make_rank_task(cast.project, k=2, priority=priority)
    assert [claim_task(cast.labeler).priority for _ in range(8)] == [20, 10, 10, 5, 0, 0, 0, -5]


def test_nobody_gets_a_text_they_wrote(cast: Cast):
    prompt = make_prompt(cast.project, author=cast.labeler)
    Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1)
    assert assignment_claim(member=cast.labeler, kind="demonstrate") is None
    assert assignment_claim(member=cast.second_labeler, kind="demonstrate") is not None


def quota(project: Project, **fields: int | None) -> None:
    Project.objects.filter(pk=project.pk).update(**fields)


def test_a_quota_stops_new_work_but_not_what_is_held(cast: Cast):
    for _ in range(4):
        make_rank_task(cast.project, k=2)
    assert claim_task(cast.labeler)
    held = assignment_claim(member=cast.labeler, kind="rank")
    quota(cast.project, labeler_quota=2)
    assert task_refused(cast, held) == {"quota": "total", "limit": 2}
    assert assignment_claim(member=cast.labeler, kind="rank") == held
    judgment_submit(assignment=held, body=BODY)
    with pytest.raises(Conflict, match="as many as this project takes") as refused:
        assignment_claim(member=cast.labeler, kind="rank")
    assert (refused.value.code, refused.value.details) == ("quota_reached", {"quota": "total", "limit": 2})
    assert assignment_claim(member=cast.second_labeler, kind="rank") is not None


def task_refused(cast: Cast, lease: Assignment) -> dict[str, object]:
    """Why nothing may be reserved beside `lease`, which fills the quota up."""
    with pytest.raises(Conflict) as refused:
        task_reserve(member=cast.labeler, kind="rank", beside=lease)
    return refused.value.details


def test_a_daily_quota_counts_from_midnight_utc(cast: Cast):
    for _ in range(4):
        make_rank_task(cast.project, k=2)
    quota(cast.project, labeler_daily_quota=1)
    assert claim_task(cast.labeler)
    with pytest.raises(Conflict) as refused:
        assignment_claim(member=cast.labeler, kind="rank")
    assert refused.value.details == {"quota": "daily", "limit": 1}
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    Assignment.objects.filter(membership=cast.labeler).update(seen_at=midnight - timedelta(seconds=1))
    assert claim_task(cast.labeler)


def test_submits_are_counted_for_the_labeler_and_corrections_are_not(cast: Cast):
    make_rank_task(cast.project, k=2)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    judgment_submit(assignment=assignment, body=BODY)
    judgment_submit(assignment=assignment, body=BODY)
    judgment_correct(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
    assert Membership.objects.get(pk=cast.labeler.pk).judgments == 1
