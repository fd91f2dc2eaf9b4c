"""Who met a prompt as gold gets no work of it once the gold is retired; everybody else does."""

from importlib import import_module

import pytest
from django.db import connection

from apps.gold.services.items import gold_retire
from apps.labeling.models import Assignment, Task
from apps.labeling.selectors.queue import queue_state
from apps.labeling.services.tasks import Terms, Wanted, tasks_make
from apps.prompts.models import Completion
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_completions

pytestmark = pytest.mark.django_db


@pytest.fixture
def met(cast: Cast) -> Task:
    """Gold that the labeler judged before it was retired; nobody else met it."""
    set_rates(cast.project, gold_rate=1)
    item = make_gold(cast)
    judge(claim(cast.labeler))
    Assignment.objects.update(created_at="2026-01-02T03:04:05Z", seen_at="2026-01-02T03:04:05Z")
    gold_retire(actor=cast.manager.user, item=item, retired_as="worn")
    return item.task


def work_of(gold: Task, replies: list[Completion] | None = None) -> Task:
    """A ranking task of the gold's prompt, of other completions, as an import or a turn of the loop makes it."""
    ids = [made.pk for made in replies or make_completions(gold.prompt, ["New one", "New two"], model="next")]
    wanted = [Wanted(gold.prompt, ids)]
    return tasks_make(project=gold.project, kind="rank", wanted=wanted, terms=Terms(required=2))[0][0]


def assert_not_theirs_but_others(cast: Cast, work: Task) -> None:
    work.refresh_from_db()
    assert (work.state, work.open_slots) == ("open", 2)
    assert queue_state(cast.labeler, "rank").available == 0
    assert claim(cast.labeler) is None
    assert claim(cast.second_labeler).task == work


def test_work_that_is_added_later_is_for_others(cast: Cast, met: Task):
    assert_not_theirs_but_others(cast, work_of(met))


def test_work_that_stood_closed_beside_the_gold_is_for_others_once_it_is_opened(cast: Cast, met: Task):
    met_again = Task.objects.filter(pk=met.pk)
    met_again.update(state="open")
    work = work_of(met)
    assert not Assignment.objects.filter(task=work).exists()
    met_again.update(state="closed")
    Task.objects.filter(pk=work.pk).update(state="open")
    assert_not_theirs_but_others(cast, work)


def test_the_next_task_comes_instead(cast: Cast, met: Task):
    work_of(met)
    elsewhere = make_gold(cast)
    gold_retire(actor=cast.manager.user, item=elsewhere, retired_as="wrong")
    other = work_of(elsewhere.task)
    assert claim(cast.labeler).task == other


def test_it_is_no_sign_of_life(cast: Cast, met: Task):
    kept = Assignment.objects.get(task=work_of(met))
    gold = Assignment.objects.get(task=met)
    assert (kept.state, kept.membership) == ("barred", cast.labeler)
    assert (kept.created_at, kept.seen_at) == (gold.created_at, gold.seen_at)


def test_work_that_was_open_before_the_rule_is_for_others_too(cast: Cast, met: Task):
    work = work_of(met)
    Assignment.objects.filter(task=work).delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("apps.labeling.migrations.0020_met_as_gold").STANDING)
    assert_not_theirs_but_others(cast, work)


def test_who_wrote_a_reply_of_it_since_stops_no_import(cast: Cast, met: Task):
    """They are kept from it as its writer, and the database takes no assignment of theirs."""
    own = Completion.objects.create(
        prompt=met.prompt, body="Mine", body_sha256="0" * 64, origin="member", member=cast.labeler
    )
    work = work_of(met, [own, *make_completions(met.prompt, ["New"], model="next")])
    assert work.writers == [cast.labeler.pk]
    assert not Assignment.objects.filter(task=work).exists()
