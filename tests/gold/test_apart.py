"""Gold and retests measure people: they are no data to learn from, and no second opinion."""

import pytest
from django.db import IntegrityError, transaction

from apps.core.domain.errors import RuleBroken
from apps.datasets.models import DatasetSnapshot, SnapshotConsensus, SnapshotItem, SnapshotPart
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.gold.services.items import gold_retire
from apps.labeling.models import Judgment, Task
from apps.labeling.services.task_changes import TaskChange, tasks_change
from apps.labeling.services.tasks import Terms, Wanted, tasks_make
from apps.quality.services.agreement import agreement_refresh
from apps.training.selectors.comparisons import comparisons_for_training
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_completions, make_rank_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(cast: Cast) -> Cast:
    """One task of three candidates that two labelers judged, the first of them again; and gold of each."""
    make_rank_task(cast.project, required=2)
    for member in (cast.labeler, cast.second_labeler):
        judge(claim(member), [1, 2, 3])
    set_rates(cast.project, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    judge(claim(cast.labeler), [3, 2, 1])
    set_rates(cast.project, retest_rate=0, gold_rate=1)
    make_gold(cast)
    for member in (cast.labeler, cast.second_labeler):
        judge(claim(member), [3, 2, 1])
    assert Judgment.objects.count() == 5
    return cast


@pytest.mark.parametrize("purpose", ["training", "evaluation"])
def test_they_are_in_no_snapshot(judged: Cast, purpose: str):
    made = snapshot_create(actor=judged.researcher.user, project=judged.project, kind="rankings", purpose=purpose)
    snapshot_build(uid=made.uid)
    made.refresh_from_db()
    assert (made.state, made.rows) == ("ready", 2)
    assert comparisons_for_training(judged.project) == 2 * 3


def test_they_alone_make_no_snapshot(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    make_gold(cast)
    judge(claim(cast.labeler))
    with pytest.raises(RuleBroken, match="no rankings yet"):
        snapshot_create(actor=cast.researcher.user, project=cast.project, kind="rankings", purpose="training")


def test_they_are_no_agreement(judged: Cast):
    """The two agree on all of what they did: what the one said the second time, and what both said of gold, is not it."""
    found = agreement_refresh(project=judged.project).body["overall"]
    assert (found["judgments"], found["meetings"], found["pairs"]) == (2, 1, 3)
    assert found["statistics"]["agreement"]["value"] == 1


def test_the_database_lets_them_into_no_snapshot(judged: Cast):
    """Whatever a query forgets, by every table that says what a snapshot holds."""
    snapshot = DatasetSnapshot.objects.create(project=judged.project, kind="rankings", purpose="evaluation")
    work = Judgment.objects.filter(task__purpose="production", task__repeats=None).first()
    gold, retest = (
        Judgment.objects.filter(task__purpose="gold").first(),
        Judgment.objects.exclude(task__repeats=None).get(),
    )
    SnapshotItem.objects.create(snapshot=snapshot, line=1, judgment=work)
    line = {"snapshot": snapshot, "uid": work.uid, "method": "raw", "tiers": [1, 2, 3]}
    SnapshotConsensus.objects.create(**line, line=1, task=work.task)
    SnapshotPart.objects.create(snapshot=snapshot, line=1, judgment=work)
    for check in (gold, retest):
        with pytest.raises(IntegrityError, match="item_is_no_check"), transaction.atomic():
            SnapshotItem.objects.create(snapshot=snapshot, line=2, judgment=check)
        with pytest.raises(IntegrityError, match="line_is_no_check"), transaction.atomic():
            SnapshotConsensus.objects.create(**line, line=2, task=check.task)
        with pytest.raises(IntegrityError, match="a line is of one task"), transaction.atomic():
            SnapshotPart.objects.create(snapshot=snapshot, line=1, judgment=check)


def other_outputs(cast: Cast, task: Task) -> list[Task]:
    """A ranking task of other completions of the same prompt, as an import or a turn of the loop makes it."""
    ids = [made.pk for made in make_completions(task.prompt, ["New one", "New two"], model="next")]
    return tasks_make(project=cast.project, kind="rank", wanted=[Wanted(task.prompt, ids)], terms=Terms(required=2))[0]


def test_other_outputs_of_its_prompt_are_no_work_while_it_is_gold(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    item = make_gold(cast)
    [beside] = other_outputs(cast, item.task)
    apart = make_rank_task(cast.project)
    assert (beside.state, apart.state) == ("closed", "open")
    opened = tasks_change(
        actor=cast.manager.user, project=cast.project, tasks=Task.objects.filter(pk=beside.pk),
        change=TaskChange(state="open"),
    )  # fmt: skip
    assert opened.changed == 0
    Task.objects.filter(pk=beside.pk).update(state="open")
    beside.refresh_from_db()
    assert beside.state == "closed"
    gold_retire(actor=cast.manager.user, item=item, retired_as="worn")
    tasks_change(
        actor=cast.manager.user, project=cast.project, tasks=Task.objects.filter(pk=beside.pk),
        change=TaskChange(state="open"),
    )  # fmt: skip
    beside.refresh_from_db()
    assert beside.state == "open"


def test_gold_made_past_the_service_closes_the_work_on_its_prompt(cast: Cast):
    work, apart = make_rank_task(cast.project), make_rank_task(cast.project)
    replies = [made.pk for made in make_completions(work.prompt, ["a", "b"], model="other")]
    Task.objects.create(
        project=cast.project, prompt=work.prompt, kind="rank", purpose="gold", candidates=replies,
        candidate_set=sorted(replies),
    )  # fmt: skip
    assert dict(Task.objects.filter(purpose="production").values_list("pk", "state")) == {
        work.pk: "closed", apart.pk: "open",
    }  # fmt: skip
