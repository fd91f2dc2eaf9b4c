"""Checks under real threads on real PostgreSQL: never twice, never as work too, nobody over-assigned, the counters in step."""

import io
import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.accounts.models import User
from apps.core.domain.errors import Conflict
from apps.gold.domain.key import pairs_of_tiers
from apps.gold.services.items import gold_create
from apps.imports.readers import stream_chunks
from apps.imports.services import store
from apps.imports.services.create import import_spool
from apps.imports.services.resume import import_take
from apps.labeling.models import Assignment, CheckPace, Judgment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import assignment_release
from apps.labeling.services.reserve import task_reserve
from apps.labeling.services.task_changes import TaskChange, tasks_change
from apps.labeling.services.tasks import Terms, Wanted, tasks_make
from apps.projects.models import Membership, Project
from apps.projects.services import project_create
from tests.make import make_completions, make_prompt, make_rank_task

pytestmark = pytest.mark.django_db(transaction=True)

LABELERS, TABS, TASKS, ITEMS = 4, 2, 12, 5


@pytest.fixture
def busy() -> Project:
    boss = User.objects.create_user("boss@example.org")
    project = project_create(
        actor=boss, slug="busy", name="Busy", seed=1, overlap_share=0, gold_rate=0.3, retest_rate=0.3,
        retest_after_judgments=2, retest_after_hours=0,
    )  # fmt: skip
    for number in range(LABELERS):
        user = User.objects.create_user(f"l{number}@example.org")
        Membership.objects.create(project=project, user=user, role="labeler", pseudonym=f"labeler-{number}")
    for _ in range(TASKS):
        make_rank_task(project, k=2, required=LABELERS - 1)
    for _ in range(ITEMS):
        prompt = make_prompt(project)
        replies = [reply.pk for reply in make_completions(prompt, ["good", "bad"])]
        gold_create(
            actor=boss,
            project=project,
            prompt=prompt,
            candidates=replies,
            pairs=pairs_of_tiers([1, 2]),
            explanation="So.",
        )
    return project


def work(member: Membership, rng: random.Random) -> int:
    done = 0
    while (assignment := assignment_claim(member=member, kind="rank")) is not None:
        chance = rng.random()
        if chance < 0.15:
            with suppress(Conflict):  # the other tab was quicker
                assignment_release(assignment=assignment)
            continue
        if chance < 0.5:
            task_reserve(member=member, kind="rank", beside=assignment)
        done += judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 1}}).new
    return done


def in_threads(project: Project) -> int:
    tabs = [
        (member, tab) for member in Membership.objects.select_related("project", "user").filter(project=project, role="labeler")
        for tab in range(TABS)
    ]  # fmt: skip

    def run(one: tuple[Membership, int]) -> Any:
        try:
            return work(one[0], random.Random(f"{one[0].pseudonym}-{one[1]}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tabs)) as pool:
        return sum(pool.map(run, tabs))


def test_many_at_once_get_each_check_once_and_no_task_too_often(busy: Project):
    done = in_threads(busy)
    for member in Membership.objects.select_related("project", "user").filter(project=busy, role="labeler"):
        done += work(member, random.Random(2))  # what a released task left behind

    assert done == Judgment.objects.count()
    once = Counter(Judgment.objects.values_list("task", "assignment__membership"))
    assert set(once.values()) == {1}
    # Work: each task as often as it asked, with its counter at nothing. What one tab gave back and the other handed in after
    # somebody else had taken the place is kept beside it.
    production = Task.objects.filter(purpose="production", repeats=None)
    assert {task.judgments.filter(surplus=False).count() for task in production} == {LABELERS - 1}
    assert set(production.values_list("open_slots", flat=True)) == {0}
    # Checks: some of each, none of whose prompt the labeler had met as work, no two repeats of one task.
    gold = Judgment.objects.filter(task__purpose="gold")
    repeats = Judgment.objects.filter(task__repeats__isnull=False)
    assert gold.exists()
    assert repeats.exists()
    assert Task.objects.filter(repeats__isnull=False).count() == len(
        set(Task.objects.filter(repeats__isnull=False).values_list("repeats", flat=True))
    )
    for member, original in repeats.values_list("assignment__membership", "task__repeats"):
        assert Assignment.objects.filter(membership=member, task=original, state="submitted").exists()
    assert CheckPace.objects.count() == 2 * LABELERS


def test_a_repeat_is_made_once_by_all_who_need_it_at_once(busy: Project):
    original = Task.objects.filter(purpose="production").first()

    def repeat(_: int) -> int:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT labeling_repeat_of(%s)", [original.pk])
                return int(cursor.fetchone()[0])
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(repeat, range(6)))) == 1
    assert Task.objects.filter(repeats=original).count() == 1


def gold_of(task: Task) -> None:
    gold_create(
        actor=User.objects.get(email="boss@example.org"), project=task.project, prompt=task.prompt,
        candidates=task.candidates, pairs=pairs_of_tiers([1, 2]), explanation="So.",
    )  # fmt: skip


def work_beside(task: Task) -> None:
    """A task of other completions of its prompt, as a turn of the loop makes one."""
    with transaction.atomic():
        ids = [made.pk for made in make_completions(task.prompt, ["new", "newer"], model="next")]
        tasks_make(project=task.project, kind="rank", wanted=[Wanted(task.prompt, ids)], terms=Terms(required=2))


def work_again(task: Task) -> None:
    tasks_change(
        actor=User.objects.get(email="boss@example.org"), project=task.project,
        tasks=Task.objects.filter(pk=task.pk), change=TaskChange(state="open"),
    )  # fmt: skip


def past_the_service(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(state="open")


def done_or_waiting(deed: "Future[None]") -> bool:
    """Of locks PostgreSQL tells anew each time; of who is connected, once a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks AS waits JOIN pg_locks AS holds USING (pid) WHERE NOT waits.granted"
            " AND holds.database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return deed.done() or cursor.fetchone()[0]


@pytest.mark.parametrize("work", [work_beside, work_again, past_the_service])
@pytest.mark.parametrize("gold_first", [True, False])
def test_gold_and_work_of_its_prompt_made_in_the_same_moment_are_not_both_open(
    busy: Project, work: Callable[[Task], None], gold_first: bool
):
    task = Task.objects.filter(purpose="production").first()
    if work is not work_beside:
        Task.objects.filter(pk=task.pk).update(state="closed")
    first, second = (gold_of, work) if gold_first else (work, gold_of)

    def meanwhile() -> None:
        try:
            second(task)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():  # what the first did is not there yet for the second
            first(task)
            deed = pool.submit(meanwhile)
            while not done_or_waiting(deed):
                pass
        deed.result()
    of_prompt = Task.objects.filter(prompt=task.prompt, state="open")
    assert [one.purpose for one in of_prompt] == ["gold"]


def test_an_import_that_marks_a_prompt_and_makes_work_of_it_does_not_wait_in_a_circle_with_gold(
    busy: Project, artifact_root: Path, monkeypatch: pytest.MonkeyPatch
):
    """It holds the prompt, which gold's key needs, when its task comes in, which gold holds off."""
    task = Task.objects.filter(purpose="production").first()
    line = {
        "messages": json.loads(task.prompt.messages),
        "completions": [{"text": "new"}, {"text": "newer"}],
        "sensitive": True,
    }
    imported = import_spool(
        actor=None, project=busy, chunks=stream_chunks(io.BytesIO(json.dumps(line).encode())), format="jsonl",
        ring_above=10**9,
    )  # fmt: skip
    deeds: list[Future[None]] = []
    mark = store._raise_prompts

    def mark_and_wait(items: Any) -> None:
        mark(items)
        deeds.append(pool.submit(meanwhile))
        while not done_or_waiting(deeds[-1]):
            pass

    def meanwhile() -> None:
        try:
            gold_of(task)
        finally:
            connection.close()

    monkeypatch.setattr(store, "_raise_prompts", mark_and_wait)
    with ThreadPoolExecutor(1) as pool:
        assert import_take(uid=imported.uid)
    assert [deed.exception() for deed in deeds] == [None]
    imported.refresh_from_db()
    assert (imported.state, imported.errors_total, imported.tasks_created) == ("done", 0, 1)
    of_prompt = Task.objects.filter(prompt=task.prompt, state="open")
    assert [one.purpose for one in of_prompt] == ["gold"]
