"""Places in the queue: fresh tasks by age, whatever became takeable again in front of them, and cursors that rewind."""

import pytest
from django.db import IntegrityError, transaction

from apps.labeling.models import QueueCursor, Task
from apps.prompts.services import completion_by_member
from tests.cast import Cast
from tests.make import make_completions, make_prompt, make_rank_task

pytestmark = pytest.mark.django_db


def position(task: Task) -> int:
    return Task.objects.values_list("position", flat=True).get(pk=task.pk)


def test_a_fresh_task_stands_at_its_age(cast: Cast):
    first, second = make_rank_task(cast.project), make_rank_task(cast.project)
    assert (position(first), position(second)) == (first.pk, second.pk)


@pytest.mark.parametrize(
    "change",
    [{"open_slots": 1}, {"priority": 3}, {"priority": -1}, {"cohort": None}, {"requires": []}, {"sensitive": False}],
)
def test_whatever_becomes_takeable_comes_back_in_front(cast: Cast, change: dict[str, object]):
    task = make_rank_task(cast.project)
    Task.objects.filter(pk=task.pk).update(open_slots=0, cohort="training", requires=["language:es"], sensitive=True)
    before = position(task)
    Task.objects.filter(pk=task.pk).update(**change)
    after = position(task)
    assert after < 0
    assert after != before
    Task.objects.filter(pk=task.pk).update(priority=7)
    assert after < position(task) < 0  # each return stands behind the one before


def test_a_slot_taken_moves_nothing(cast: Cast):
    task = make_rank_task(cast.project)
    Task.objects.filter(pk=task.pk).update(open_slots=0)
    Task.objects.filter(pk=task.pk).update(state="closed")
    assert position(task) == task.pk


def test_a_closed_task_comes_back_when_it_is_opened(cast: Cast):
    task = make_rank_task(cast.project)
    Task.objects.filter(pk=task.pk).update(state="closed", open_slots=0)
    Task.objects.filter(pk=task.pk).update(state="open", open_slots=1)
    assert position(task) < 0


@pytest.mark.parametrize("change", [{"accepts_sensitive": True}, {"skills": ["language:es"]}, {"cohort": "held-out"}])
def test_who_may_take_more_starts_over(cast: Cast, change: dict[str, object]):
    for member in (cast.labeler, cast.second_labeler):
        QueueCursor.objects.create(membership=member, kind="rank", priority=0, lane=1, position=5)
    type(cast.labeler).objects.filter(pk=cast.labeler.pk).update(accepts_sensitive=False, skills=[], cohort="training")
    QueueCursor.objects.get_or_create(
        membership=cast.labeler, kind="rank", priority=0, lane=1, defaults={"position": 5}
    )
    type(cast.labeler).objects.filter(pk=cast.labeler.pk).update(**change)
    assert [cursor.membership for cursor in QueueCursor.objects.all()] == [cast.second_labeler]


def test_a_task_names_everybody_who_wrote_some_of_it(cast: Cast):
    prompt = make_prompt(cast.project, author=cast.labeler)
    theirs = completion_by_member(prompt=prompt, member=cast.second_labeler, body="Mine")
    (other,) = make_completions(prompt, ["A model's"])
    task = Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=[theirs.pk, other.pk], required=1, open_slots=1,
        candidate_set=[theirs.pk, other.pk],
    )  # fmt: skip
    task.refresh_from_db()
    assert task.writers == sorted([cast.labeler.pk, cast.second_labeler.pk])


def test_a_copied_task_is_checked_like_any_other(cast: Cast):
    task = make_rank_task(cast.project)
    rows = {
        "task_candidates_of_prompt": {"candidate_set": [-3, -2, -1]},
        "task_writers_are_told": {"writers": [cast.labeler.pk]},
        "task_position_is_fresh": {"position": 1 - 2**40},
    }
    for constraint, wrong in rows.items():
        fields = {
            "project": cast.project, "prompt": task.prompt, "kind": "rank", "required": 1, "open_slots": 1,
            "candidates": task.candidates, "candidate_set": sorted(task.candidates), "purpose": "gold",
        }  # fmt: skip
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Task.objects.create(id=2**40, **{"position": 2**40} | fields | wrong)
        assert refused.value.__cause__.diag.constraint_name == constraint
