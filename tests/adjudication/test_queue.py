"""The table of disagreements: what is in it, in which order, and that a refresh is as good as reading it all again."""

import numpy as np
import pytest
from hypothesis import given, settings

from apps.adjudication.domain.disagreement import disagreements
from apps.adjudication.models import ChangedStakes, Disagreement
from apps.adjudication.selectors.queue import queue_of, queue_rows
from apps.adjudication.services.refresh import disagreements_refresh
from apps.adjudication.services.rounds import adjudication_round, disagreements_now
from apps.adjudication.services.rules import rules_set
from apps.adjudication.services.stakes import stakes_take_over
from apps.labeling.models import Task
from apps.projects.services import project_create
from tests.adjudication.scene import contested, judge, say
from tests.make import make_rank_task
from tests.quality.agreement.make import rows, said, table


def kept(project):
    return list(Disagreement.objects.filter(project=project).order_by("task_id").values())


@given(rows())
@settings(deadline=None)
def test_disagreement_is_one_less_the_share_said_alike(given_rows):
    """Against the definition: every two judgments, every two candidates."""
    judgments = table(given_rows)
    found = disagreements(judgments.task, judgments.tiers, np.ones(len(judgments), np.bool_))
    for task, count, compared, alike, feeds in zip(
        found.task, found.judgments, found.compared, found.alike, found.feeds, strict=True
    ):
        own = [said(tiers) for number, _, tiers in given_rows if number == task]
        outcomes = [(a, b) for i, one in enumerate(own) for other in own[:i] for a, b in zip(one, other, strict=True)]
        assert (count, compared) == (len(own), len(outcomes))
        assert alike == sum(a == b for a, b in outcomes)
        assert feeds == sum(outcome != 0 for one in own for outcome in one)
    several = {task for task, _, _ in given_rows if sum(row[0] == task for row in given_rows) > 1}
    assert set(found.task.tolist()) == several


def test_two_who_disagree_are_in_the_queue_and_one_alone_is_not(cast):
    alone, calm = contested(cast.project, [1, 2, 3]), contested(cast.project, [1, 2, 3], [1, 2, 3])
    torn = contested(cast.project, [1, 2, 3], [3, 2, 1])
    disagreements_refresh(project=cast.project)
    assert [row.task_id for row in queue_of(cast.adjudicator)] == [torn.pk]
    assert {row["task_id"]: row["disagreement"] for row in kept(cast.project)} == {calm.pk: 0, torn.pk: 1}
    assert not Disagreement.objects.filter(task=alone).exists()


def test_what_is_at_stake_comes_first(cast):
    """Equally torn: the sensitive one, the urgent one and the one with more candidates go before the plain one."""
    plain = contested(cast.project, [1, 2], [2, 1])
    older = plain.pk
    sensitive = contested(cast.project, [1, 2], [2, 1], sensitive=True)
    urgent = contested(cast.project, [1, 2], [2, 1], priority=2)
    wide = contested(cast.project, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1])
    disagreements_refresh(project=cast.project)
    assert [row.task_id for row in queue_of(cast.adjudicator)] == [wide.pk, urgent.pk, sensitive.pk, older]


def test_changed_priorities_and_use_cases_that_weigh_double_reorder_it(cast):
    first, second = contested(cast.project, [1, 2], [2, 1]), contested(cast.project, [1, 2], [2, 1])
    type(second.prompt).objects.filter(pk=second.prompt_id).update(use_case="extract")
    disagreements_refresh(project=cast.project)
    assert [row.task_id for row in queue_of(cast.adjudicator)] == [first.pk, second.pk]
    rules_set(actor=cast.manager.user, project=cast.project, use_cases=["extract"], more_below=None,
              more_judgments=1, more_most=5)  # fmt: skip
    assert [row.task_id for row in queue_of(cast.adjudicator)] == [second.pk, first.pk]
    Task.objects.filter(pk=first.pk).update(priority=3)
    disagreements_refresh(project=cast.project)
    assert [row.task_id for row in queue_of(cast.adjudicator)] == [first.pk, second.pk]


def test_only_changed_tasks_are_looked_at_for_what_is_at_stake(cast):
    """Those of this project, once; not what is said of a task's slots, state or skills."""
    other = project_create(actor=cast.manager.user, slug="other", name="Other", seed=1, overlap_share=0)
    first, second, elsewhere = (
        contested(project, [1, 2], [2, 1]) for project in (cast.project, cast.project, other)
    )  # fmt: skip
    disagreements_refresh(project=cast.project)
    disagreements_refresh(project=other)
    Task.objects.filter(pk=first.pk).update(open_slots=1, required=3, requires=["python"])
    Task.objects.filter(pk=second.pk).update(priority=second.priority)
    assert not ChangedStakes.objects.exists()
    Task.objects.filter(pk__in=[second.pk, elsewhere.pk]).update(priority=2, sensitive=True)
    Task.objects.filter(pk=second.pk).update(priority=1)
    # What nobody noted is not looked at.
    Disagreement.objects.filter(pk=first.pk).update(place=7)
    assert stakes_take_over(project=cast.project) == 1
    kept_now = {row.pk: (row.priority, row.sensitive) for row in Disagreement.objects.all()}
    assert kept_now == {first.pk: (0, False), second.pk: (1, True), elsewhere.pk: (0, False)}
    assert Disagreement.objects.get(pk=first.pk).place == 7
    assert list(ChangedStakes.objects.values_list("task_id", flat=True)) == [elsewhere.pk]
    assert stakes_take_over(project=cast.project) == 0


def test_whoever_asks_waits_for_no_look_at_all_that_waits(cast, monkeypatch):
    """That grows with the tasks that changed; what is said since is there all the same."""
    torn = contested(cast.project, [1, 2], [2, 1])
    monkeypatch.setattr("apps.adjudication.services.refresh.stakes_take_over", lambda **_: pytest.fail("looked at all"))
    assert disagreements_now(project=cast.project)
    assert [row.task_id for row in queue_of(cast.adjudicator)] == [torn.pk]


def test_what_turned_sensitive_is_shown_so_at_once(cast):
    task = contested(cast.project, [1, 2], [2, 1])
    disagreements_refresh(project=cast.project)
    Task.objects.filter(pk=task.pk).update(sensitive=True)
    assert [one.asked for one in queue_rows(queue_of(cast.adjudicator))] == [None]
    assert not queue_of(cast.adjudicator, sees_sensitive=False)


def test_pools_and_models_are_no_persons(cast):
    task = contested(cast.project, [1, 2])
    say(task, [2, 1], kind="pool")
    say(task, [2, 1], kind="model")
    disagreements_refresh(project=cast.project)
    assert not kept(cast.project)


def test_held_out_judgments_count_only_where_training_ones_do_not_suffice(cast):
    both = contested(cast.project, [1, 2], [1, 2])
    say(both, [2, 1], cohort="held-out")
    mixed = contested(cast.project, [1, 2])
    say(mixed, [2, 1], cohort="held-out")
    disagreements_refresh(project=cast.project)
    found = {
        row.task_id: (row.cohort, row.judgments, row.disagreement, row.feeds) for row in Disagreement.objects.all()
    }
    assert found == {both.pk: ("training", 2, 0, 2), mixed.pk: ("held-out", 2, 1, 1)}


def test_a_refresh_is_as_good_as_reading_everything_again(cast):
    for _ in range(3):
        make_rank_task(cast.project, k=3, required=3)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [3, 2, 1])
    assert disagreements_refresh(project=cast.project) == 1
    judge(cast.labeler, [1, 1, 2])
    judge(cast.held_out_labeler, [1, 2, 3])
    disagreements_refresh(project=cast.project)
    incremental = kept(cast.project)
    Disagreement.objects.all().delete()
    disagreements_refresh(project=cast.project, from_nothing=True)
    assert kept(cast.project) == incremental
    assert incremental
    assert disagreements_refresh(project=cast.project) == 0


def test_nobody_waits_for_a_look_at_many_judgments(cast, monkeypatch):
    """The clock's round looks at those; the page shows what is known."""
    monkeypatch.setattr("apps.adjudication.services.rounds.QUICK_JUDGMENTS", 1)
    contested(cast.project, [1, 2], [2, 1])
    assert not disagreements_now(project=cast.project)
    assert not kept(cast.project)
    adjudication_round()
    assert len(kept(cast.project)) == 1
    contested(cast.project, [1, 2], [2, 1])
    assert disagreements_now(project=cast.project)
    assert len(kept(cast.project)) == 1


def test_nobody_meets_their_own_judgment_or_text(cast):
    make_rank_task(cast.project, k=2, required=2)
    judge(cast.adjudicator, [1, 2])
    judge(cast.labeler, [2, 1])
    disagreements_refresh(project=cast.project)
    assert not queue_of(cast.adjudicator)
    assert queue_of(cast.manager)


@pytest.mark.parametrize("wanted", [0.0, 0.4, 0.9])
def test_it_is_narrowed(cast, wanted):
    torn = contested(cast.project, [1, 2], [2, 1], sensitive=True)
    half = contested(cast.project, [1, 2], [1, 1])
    third = contested(cast.project, [1, 2, 2], [1, 2, 3])
    disagreements_refresh(project=cast.project)
    found = {row.task_id for row in queue_of(cast.adjudicator, least=wanted)}
    assert found == {0.0: {torn.pk, half.pk, third.pk}, 0.4: {torn.pk, half.pk}, 0.9: {torn.pk, half.pk}}[wanted]
    assert {row.task_id for row in queue_of(cast.adjudicator, sensitive=True)} == {torn.pk}
    assert torn.pk not in {row.task_id for row in queue_of(cast.adjudicator, sees_sensitive=False)}
