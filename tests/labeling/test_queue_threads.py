"""The queue under real threads on real PostgreSQL: nobody over-assigned, no judgment lost, no drift."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.domain.errors import DomainError
from apps.labeling.models import Assignment, Judgment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import assignment_release, assignment_skip, leases_reap
from apps.labeling.services.tasks import tasks_create
from apps.projects.models import Membership, Project
from apps.projects.services import member_add, member_set_status, project_create
from tests.launcher.waiting import until
from tests.make import make_prompt, make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)

LABELERS, TABS, TASKS = 6, 2, 20


@pytest.fixture
def busy_project() -> Project:
    boss = User.objects.create_user("boss@example.org")
    project = project_create(actor=boss, slug="busy", name="Busy", seed=1, overlap_share=0)
    for number in range(LABELERS):
        Membership.objects.create(
            project=project, user=User.objects.create_user(f"l{number}@example.org"), role="labeler",
            pseudonym=f"labeler-{number}",
        )  # fmt: skip
    return project


def labelers(project: Project) -> list[Membership]:
    return list(Membership.objects.select_related("project", "user").filter(project=project, role="labeler"))


def in_threads(work, items) -> list:
    """Run `work(item)` in a thread each, with a connection of its own."""

    def run(item):
        try:
            return work(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(run, items))


def assert_counters_agree_with_rows() -> None:
    """For each task: open slots + held + judged (surplus aside) = required, and no more judged than required."""
    for task in Task.objects.all():
        held = task.assignments.filter(state__in=["leased", "reserved"]).count()
        judged = task.judgments.filter(supersedes=None, surplus=False).count()
        assert task.open_slots + held + judged == task.required, task
        assert judged <= task.required


def judge_until_empty(member: Membership, rng: random.Random, *, mishaps: bool) -> int:
    done = 0
    while (assignment := assignment_claim(member=member, kind="rank")) is not None:
        chance = rng.random()
        if mishaps and chance < 0.1:
            assignment_release(assignment=assignment)
        elif mishaps and chance < 0.2:  # the laptop is closed
            Assignment.objects.filter(pk=assignment.pk, state="leased").update(
                lease_expires_at=timezone.now() - timedelta(seconds=1)
            )
            leases_reap()
        else:
            done += judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 1}}).new
    return done


@pytest.mark.parametrize("required", [1, 3])
def test_every_task_gets_exactly_its_judgments(busy_project, required):
    for _ in range(TASKS):
        make_rank_task(busy_project, k=2, required=required)
    tabs = [member for member in labelers(busy_project) for _ in range(TABS)]

    done = in_threads(lambda member: judge_until_empty(member, random.Random(member.pk), mishaps=False), tabs)

    assert sum(done) == TASKS * required == Judgment.objects.count()
    assert not Task.objects.exclude(open_slots=0).exists()
    assert_counters_agree_with_rows()
    per_labeler_and_task = Counter(Judgment.objects.values_list("task", "assignment__membership"))
    assert set(per_labeler_and_task.values()) == {1}


def test_releases_and_expiries_lose_nothing(busy_project):
    for _ in range(TASKS):
        make_rank_task(busy_project, k=2, required=2)

    in_threads(
        lambda pair: judge_until_empty(pair[1], random.Random(pair[0]), mishaps=True),
        list(enumerate(labelers(busy_project))),
    )
    for member in labelers(busy_project):  # whatever a mishap left behind
        judge_until_empty(member, random.Random(0), mishaps=False)

    assert not Task.objects.exclude(open_slots=0).exists()
    assert_counters_agree_with_rows()


def test_two_tabs_hold_one_lease(busy_project):
    for _ in range(4):
        make_rank_task(busy_project, k=2)
    member = labelers(busy_project)[0]

    leases = in_threads(lambda _: assignment_claim(member=member, kind="rank").pk, range(4))

    assert len(set(leases)) == 1
    assert_counters_agree_with_rows()


def test_no_false_nothing_left(busy_project):
    """SKIP LOCKED passes over rows that another transaction holds for a moment; the second look does not."""
    make_rank_task(busy_project, k=2, required=LABELERS)

    claimed = in_threads(lambda member: assignment_claim(member=member, kind="rank"), labelers(busy_project))

    assert None not in claimed


def test_a_double_submit_is_one_judgment(busy_project):
    make_rank_task(busy_project, k=2)
    assignment = assignment_claim(member=labelers(busy_project)[0], kind="rank")

    news = in_threads(lambda _: judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}}).new, range(4))

    assert sorted(news) == [False, False, False, True]


def test_submit_against_skip_ends_in_one_of_them(busy_project):
    make_rank_task(busy_project, k=2)
    assignment = assignment_claim(member=labelers(busy_project)[0], kind="rank")

    def verb(index: int) -> str:
        try:
            if index:
                assignment_skip(assignment=assignment)
            else:
                judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
        except Exception as error:
            return type(error).__name__
        return "done"

    assert sorted(in_threads(verb, range(2))) == ["Conflict", "done"]
    assert_counters_agree_with_rows()


GATE = 20260311
BLIND = f"""
CREATE OR REPLACE FUNCTION labeling_slot_take(wanted bigint, patient boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared({GATE});  -- until everybody has chosen the same task
    UPDATE labeling_task SET open_slots = open_slots - 1 WHERE id = wanted;
    RETURN true;
END $$
"""


@pytest.fixture
def blind_slots() -> Iterator[None]:
    """The database takes slots without looking, and without the lock that makes looking worth anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('labeling_slot_take(bigint, boolean)'::regprocedure)")
        (sighted,) = cursor.fetchone()
        cursor.execute(BLIND)
    yield
    with connection.cursor() as cursor:
        cursor.execute(sighted)


@contextmanager
def gate_shut_until(waiting: int) -> Iterator[None]:
    """At the end of the block so many stand before the gate, and go on together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        try:
            yield
            until(lambda: before_the_gate() == waiting)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])


def before_the_gate() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE datname = current_database() AND locktype = 'advisory' AND objid = %s AND NOT granted",
            [GATE],
        )
        count: int = cursor.fetchone()[0]
        return count


def test_without_the_lock_the_constraint_still_holds(busy_project, blind_slots):
    """The safety net: with the row lock and the guarded update gone, PostgreSQL refuses the over-assignment."""
    make_rank_task(busy_project, k=2, required=2)

    def claim_or_refused(member: Membership) -> str:
        try:
            return "leased" if assignment_claim(member=member, kind="rank") else "nothing"
        except IntegrityError as error:
            return str(error)

    with ThreadPoolExecutor(1) as pool, gate_shut_until(LABELERS):
        claims = pool.submit(in_threads, claim_or_refused, labelers(busy_project))
    outcomes = Counter(claims.result())

    assert outcomes.pop("leased") == 2
    assert sum(outcomes.values()) == LABELERS - 2
    assert all("task_slots_within_required" in refusal for refusal in outcomes)
    assert_counters_agree_with_rows()


def test_the_counter_cannot_leave_its_bounds(busy_project):
    task = make_rank_task(busy_project, k=2)
    for value in (-1, 2):
        with pytest.raises(IntegrityError, match="task_slots_within_required"), transaction.atomic():
            Task.objects.filter(pk=task.pk).update(open_slots=value)


def expire(assignment: Assignment, **fields: object) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1), **fields)


def test_a_late_submit_and_a_claim_of_one_labeler_neither_deadlock_nor_lease_twice(busy_project):
    """Both want the same slot of the same expired assignment: they wait for each other at the membership."""
    member = labelers(busy_project)[0]
    for _ in range(8):
        make_rank_task(busy_project, k=2, required=3)
        assignment = assignment_claim(member=member, kind="rank")
        expire(assignment)
        leases_reap()

        def verb(name: str, assignment: Assignment = assignment) -> object:
            if name == "submit":
                return judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
            return assignment_claim(member=member, kind="rank")

        in_threads(verb, ["submit", "claim", "submit", "claim"])

        assert Assignment.objects.get(pk=assignment.pk).state == "submitted"
        assert_counters_agree_with_rows()


def test_no_false_nothing_left_while_others_reap(busy_project):
    """Slots that another claim has just returned must be seen, not only those of one's own reaping."""
    people = labelers(busy_project)
    for member in people[:3]:
        make_rank_task(busy_project, k=2)
        expire(assignment_claim(member=member, kind="rank"))

    claimed = in_threads(lambda member: assignment_claim(member=member, kind="rank"), people[3:])

    assert None not in claimed
    assert len({assignment.task_id for assignment in claimed}) == 3


def test_tasks_made_twice_at_once_are_made_once(busy_project):
    prompt = make_prompt(busy_project)
    actor = User.objects.get(email="boss@example.org")

    made = in_threads(
        lambda _: len(tasks_create(actor=actor, project=busy_project, kind="demonstrate", prompts=[prompt]).created),
        range(4),
    )

    assert sorted(made) == [0, 0, 0, 1]


def test_one_new_member_added_twice_at_once_is_one_member(busy_project):
    actor = User.objects.get(email="boss@example.org")

    def add(_: int) -> str:
        try:
            member_add(
                actor=actor, project=busy_project, email="new@example.org", role="labeler", password="a long one!"
            )
        except DomainError as error:
            return error.code
        return "added"

    outcomes = in_threads(add, range(3))

    assert outcomes.count("added") == 1
    assert set(outcomes) <= {"added", "account_exists", "already_member", "password_not_allowed"}


def test_the_last_two_managers_cannot_suspend_each_other_at_once(busy_project):
    first = Membership.objects.get(project=busy_project, role="manager")
    second = member_add(
        actor=first.user, project=busy_project, email="second@example.org", role="manager", password="a long one!"
    )

    def suspend(member: Membership) -> str:
        try:
            return member_set_status(actor=first.user, member=member, status="suspended").status
        except DomainError as error:
            return error.code

    assert sorted(in_threads(suspend, [first, second])) == ["last_manager", "suspended"]
