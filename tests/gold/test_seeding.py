"""Checks in the claim: how often, to whom, and which."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from apps.core.domain.errors import Conflict
from apps.gold.domain.key import Pair
from apps.gold.services.items import gold_create, gold_retire
from apps.labeling.domain.checks import Pace, checks_between, draw
from apps.labeling.models import Assignment, CheckPace, Task
from apps.labeling.selectors import queue_state
from apps.labeling.selectors.tasks import prompts_without_task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.leases import assignment_release, assignment_skip
from apps.labeling.services.reserve import task_reserve
from apps.labeling.services.tasks import tasks_create
from apps.projects.models import Membership, Project
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_demonstrate_task, make_rank_task

pytestmark = pytest.mark.django_db


def purposes(member: Membership, count: int) -> str:
    """What so many claims gave: `g`old, `r`epeat, `.` production."""
    found = ""
    for _ in range(count):
        assignment = claim(member)
        assert assignment is not None
        judge(assignment)
        found += "r" if assignment.task.repeats_id else "g" if assignment.task.purpose == "gold" else "."
    return found


def tasks(cast: Cast, count: int) -> None:
    for _ in range(count):
        make_rank_task(cast.project, required=3)


def test_each_stretch_has_one_gold_task_at_a_place_of_its_own(cast: Cast):
    tasks(cast, 40)
    for _ in range(10):
        make_gold(cast)
    set_rates(cast.project, gold_rate=0.2)
    given = {member.pk: purposes(member, 30) for member in (cast.labeler, cast.second_labeler)}
    for one in given.values():
        assert [one[at : at + 5].count("g") for at in range(0, 30, 5)] == [1] * 6
    places = {one[at : at + 5].index("g") for one in given.values() for at in range(0, 30, 5)}
    assert len(places) > 2
    assert len(set(given.values())) == 2  # nobody can tell it from a neighbour's


def test_nothing_is_mixed_in_without_a_rate(cast: Cast):
    tasks(cast, 4)
    make_gold(cast)
    assert purposes(cast.labeler, 4) == "...."
    assert not CheckPace.objects.exists()


def test_what_is_due_follows_from_the_seed_alone(cast: Cast):
    with connection.cursor() as cursor:
        for seed, member, sort, number in ((7, 3, "gold", 0), (-(2**62), 12345, "retest", 99), (0, 1, "which", 7)):
            cursor.execute("SELECT labeling_check_draw(%s, %s, %s, %s)", [seed, member, sort, number])
            assert cursor.fetchone()[0] == draw(seed, member, sort, number)


def test_nobody_gets_gold_twice_nor_of_a_prompt_they_met(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    met = make_rank_task(cast.project)
    first = claim(cast.labeler)
    assert first.task == met
    judge(first)
    Task.objects.create(
        project=cast.project, prompt=met.prompt, kind="rank", purpose="gold", candidates=met.candidates[:2],
        candidate_set=sorted(met.candidates[:2]), required=None, open_slots=None,
    )  # fmt: skip
    items = [make_gold(cast) for _ in range(3)]
    assert purposes(cast.labeler, 3) == "ggg"
    assert claim(cast.labeler) is None
    given = Assignment.objects.filter(membership=cast.labeler, task__purpose="gold")
    assert set(given.values_list("task", flat=True)) == {item.task_id for item in items}


def test_nobody_gets_gold_of_their_own_prompt_or_beyond_what_they_accept(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    item = make_gold(cast)
    Task.objects.filter(pk=item.task_id).update(sensitive=True)
    assert claim(cast.labeler) is None
    gold_retire(actor=cast.manager.user, item=item, retired_as="worn")
    own = make_gold(cast, author=cast.labeler)
    assert claim(cast.labeler) is None
    assert claim(cast.second_labeler).task_id == own.task_id


def test_what_was_given_back_comes_again_and_what_was_skipped_does_not(cast: Cast):
    tasks(cast, 6)
    for _ in range(3):
        make_gold(cast)
    set_rates(cast.project, gold_rate=0.5)
    while (assignment := claim(cast.labeler)).task.purpose != "gold":
        judge(assignment)
    assignment_release(assignment=assignment)
    assert claim(cast.labeler).pk == assignment.pk
    Assignment.objects.filter(pk=assignment.pk).update(state="expired", lease_expires_at=None)
    again = claim(cast.labeler)
    assert again.pk == assignment.pk
    assignment_skip(assignment=again)
    assert claim(cast.labeler).pk != assignment.pk


def test_a_retired_item_is_given_to_nobody(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    item = make_gold(cast)
    gold_retire(actor=cast.manager.user, item=item, retired_as="worn")
    assert claim(cast.labeler) is None


def test_work_of_other_kinds_is_left_alone(cast: Cast):
    make_gold(cast)
    make_demonstrate_task(cast.project)
    set_rates(cast.project, gold_rate=1, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    cast.labeler.refresh_from_db()
    assert assignment_claim(member=cast.labeler, kind="demonstrate").task.kind == "demonstrate"


def test_a_reservation_brings_a_check_too(cast: Cast):
    tasks(cast, 3)
    make_gold(cast)
    set_rates(cast.project, gold_rate=1)
    make_gold(cast)
    lease = claim(cast.labeler)
    assert lease.task.purpose == "gold"
    ahead = task_reserve(member=cast.labeler, kind="rank", beside=lease)
    assert (ahead.task.purpose, ahead.state) == ("gold", "reserved")
    judge(lease)
    assert claim(cast.labeler).pk == ahead.pk


def test_one_judges_again_what_one_judged_long_enough_ago(cast: Cast):
    tasks(cast, 20)
    assert purposes(cast.labeler, 6) == "......"
    set_rates(cast.project, retest_rate=0.5, retest_after_judgments=4, retest_after_hours=0)
    # Of six, the first two lie four judgments back.
    oldest = list(Assignment.objects.order_by("seen_at").values_list("task", flat=True))
    given = purposes(cast.labeler, 2)
    assert given.count("r") == 1
    repeat = Task.objects.get(repeats__isnull=False)
    original = Task.objects.get(pk=repeat.repeats_id)
    assert original.pk in oldest[:3]
    assert (repeat.prompt, repeat.candidates) == (original.prompt, original.candidates)
    assert (repeat.required, repeat.purpose, repeat.uid.version) == (None, "production", 7)
    assert original.open_slots == 2


def test_a_repeat_waits_for_its_hours_and_comes_once(cast: Cast):
    tasks(cast, 3)
    assert purposes(cast.labeler, 2) == ".."
    set_rates(cast.project, retest_rate=1, retest_after_judgments=0, retest_after_hours=24)
    assert purposes(cast.labeler, 1) == "."
    a_day_later()
    assert purposes(cast.labeler, 3) == "rrr"
    a_day_later()
    assert claim(cast.labeler) is None
    # Somebody else who judged the same gets the same repeats.
    assert purposes(cast.second_labeler, 3) == "..."
    a_day_later()
    assert purposes(cast.second_labeler, 3) == "rrr"
    assert Task.objects.filter(repeats__isnull=False).count() == 3


def a_day_later() -> None:
    Assignment.objects.update(seen_at=F("seen_at") - timedelta(hours=25))


def test_a_repeat_is_for_nobody_else(cast: Cast):
    tasks(cast, 1)
    judge(claim(cast.labeler))
    set_rates(cast.project, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    again = claim(cast.labeler)
    assignment_release(assignment=again)
    set_rates(cast.project, retest_rate=0)
    stranger = claim(cast.second_labeler)
    assert stranger.task_id == again.task.repeats_id
    with pytest.raises(IntegrityError, match="repeated to those who judged it"), transaction.atomic():
        Assignment.objects.create(
            task=again.task,
            membership=cast.held_out_labeler,
            schema=again.schema,
            state="released",
            display_order=[0, 1, 2],
        )
    with pytest.raises(IntegrityError, match="task_repeat_takes_no_slot"), transaction.atomic():
        Task.objects.filter(pk=again.task_id).update(required=1, open_slots=1)


def test_a_changed_rate_brings_no_arrears(cast: Cast):
    tasks(cast, 30)
    for _ in range(12):
        make_gold(cast)
    set_rates(cast.project, gold_rate=0.01)
    assert purposes(cast.labeler, 10).count("g") <= 1
    set_rates(cast.project, gold_rate=0.5)
    assert 4 <= purposes(cast.labeler, 10).count("g") <= 6


def test_the_queue_gets_one_shorter_whatever_is_given(cast: Cast):
    """A check that did not count in the queue would be told by the number that stays."""
    tasks(cast, 12)
    for _ in range(8):
        make_gold(cast)
    set_rates(cast.project, gold_rate=0.3)

    def told() -> tuple[int, int]:
        member = Membership.objects.select_related("project").get(pk=cast.labeler.pk)
        return queue_state(member, "rank").available, queue_state(member).available

    left = [told()]
    kinds = ""
    while (assignment := claim(cast.labeler)) is not None:
        left.append(told())
        if len(left) % 3 == 0:
            task_reserve(member=cast.labeler, kind="rank", beside=assignment)
            assert told() == left[-1]
        elif len(left) % 4 == 0:  # put back, it is there to take again: work or not
            assignment_release(assignment=assignment)
            assert told() == left[-2]
            assert claim(cast.labeler) == assignment
        judge(assignment)
        assert told() == left[-1]
        kinds += assignment.task.purpose[0]
    assert kinds.count("g") >= 4
    assert left == [(count, count) for count in range(len(kinds), -1, -1)]


def test_the_queue_counts_checks_as_they_will_come():
    paces = {"gold": Pace(rate=0.5, drawn=0, begins=0, left=3), "retest": Pace(rate=0.25, drawn=0, begins=0, left=0)}
    assert checks_between(0, 0, {}, seed=1, member=1) == 0
    assert checks_between(100, 0, paces, seed=1, member=1) == 3
    assert 1 <= checks_between(2, 0, paces, seed=1, member=1) <= 2


def test_a_prompt_made_gold_is_no_work_any_more(cast: Cast):
    task = make_rank_task(cast.project)
    fields = {
        "actor": cast.manager.user, "project": cast.project, "prompt": task.prompt, "candidates": task.candidates,
        "pairs": [Pair(0, 1)], "explanation": "It is.",
    }  # fmt: skip
    gold_create(**fields)
    task.refresh_from_db()
    assert task.state == "closed"
    assert claim(cast.labeler) is None
    with pytest.raises(Conflict, match="already"):
        gold_create(**fields)


def test_what_is_gold_becomes_no_work_beside_it(cast: Cast):
    item = make_gold(cast)
    prompt = item.task.prompt
    assert prompts_without_task(cast.project, "rank", most=9, most_answered=9).prompts == []
    again = tasks_create(actor=cast.manager.user, project=cast.project, kind="rank", prompts=[prompt])
    assert (again.created, again.existing) == ([], 1)
    gold_retire(actor=cast.manager.user, item=item, retired_as="worn")
    assert prompts_without_task(cast.project, "rank", most=9, most_answered=9).prompts == [prompt]


def test_the_claim_can_be_put_back_as_it_was(cast: Cast):
    """The migration's way back, and forth again."""
    migration = import_module("apps.labeling.migrations.0013_checks")
    later = import_module("apps.labeling.migrations.0015_gold_order")
    with connection.cursor() as cursor:
        cursor.execute(later.UNDO_GOLD_ORDER)
        cursor.execute(migration.UNDO_CHECKS)
        tasks(cast, 1)
        make_gold(cast)
        set_rates(cast.project, gold_rate=1)
        assert claim(cast.labeler).task.purpose == "production"
        cursor.execute(migration.CHECKS)
        cursor.execute(later.GOLD_ORDER)
    assert claim(cast.second_labeler).task.purpose == "gold"


def test_gold_asks_for_the_skills_of_its_task_and_its_language(cast: Cast):
    Project.objects.update(reserve_languages=True, gold_rate=1)
    cast.project.refresh_from_db()
    item = make_gold(cast, language="es")
    assert item.task.requires == ["language:es"]
    assert claim(cast.labeler) is None
    Membership.objects.filter(pk=cast.second_labeler.pk).update(skills=["language:es"])
    assert claim(cast.second_labeler).task_id == item.task_id


def test_items_that_come_later_are_given_too_wherever_they_fall_in_the_order(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    for _ in range(4):
        for _ in range(3):
            make_gold(cast)
        assert purposes(cast.labeler, 3) == "ggg"
        make_rank_task(cast.project, required=2)
        assert purposes(cast.labeler, 1) == "."
