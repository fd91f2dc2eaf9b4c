"""Prompts that labelers write: stored by the house rules, and never given back to their author."""

import pytest
from django.db import IntegrityError, transaction

from apps.labeling.models import Assignment, Task
from apps.labeling.selectors.queue import queue_state
from apps.labeling.services.claim import assignment_claim
from apps.projects.selectors import current_schema
from apps.prompts.models import Prompt
from tests.cast import Cast
from tests.make import make_completions, make_prompt


@pytest.fixture
def own(cast: Cast) -> Task:
    """A task to write a reply, on a prompt that the labeler wrote."""
    prompt = make_prompt(cast.project, author=cast.labeler)
    return Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1)


def test_a_task_takes_its_author_from_the_prompt_whoever_makes_it(cast: Cast, own: Task):
    own.refresh_from_db()
    assert own.author == cast.labeler
    prompt = make_prompt(cast.project)
    claimed_by_someone = Task.objects.create(
        project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1, author=cast.labeler
    )
    claimed_by_someone.refresh_from_db()
    assert claimed_by_someone.author is None


def test_nobody_is_given_a_task_on_a_prompt_of_their_own(cast: Cast, own: Task):
    assert queue_state(cast.labeler, "demonstrate").available == 0
    assert assignment_claim(member=cast.labeler, kind="demonstrate") is None
    assert queue_state(cast.second_labeler, "demonstrate").available == 1
    assignment = assignment_claim(member=cast.second_labeler, kind="demonstrate")
    assert assignment is not None
    assert assignment.task == own
    assert queue_state(cast.labeler).held_by_others == 0  # it will not come free for its author


def test_ones_own_prompt_does_not_stand_in_the_way_of_the_next(cast: Cast, own: Task):
    prompt = make_prompt(cast.project)
    other = Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1)
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    assert assignment is not None
    assert assignment.task == other


def test_the_database_refuses_an_author_at_the_own_prompt(cast: Cast, own: Task):
    with pytest.raises(IntegrityError, match="nobody labels a prompt they wrote"), transaction.atomic():
        Assignment.objects.create(
            task=own, membership=cast.labeler, schema=current_schema(cast.project), state="released", display_order=[]
        )


def test_who_wrote_a_prompt_is_settled(cast: Cast, own: Task):
    for change in ({"author": None}, {"author": cast.second_labeler}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Prompt.objects.filter(pk=own.prompt_id).update(**change)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Task.objects.filter(pk=own.pk).update(**change)


def test_rankings_of_ones_own_prompt_are_for_others_too(cast: Cast):
    prompt = make_prompt(cast.project, author=cast.labeler)
    candidates = [completion.pk for completion in make_completions(prompt, ["One", "Two"])]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=candidates, required=1, open_slots=1
    )
    assert assignment_claim(member=cast.labeler, kind="rank") is None
    assert assignment_claim(member=cast.second_labeler, kind="rank") is not None
