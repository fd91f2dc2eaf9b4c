"""Asking for more judgments where labelers disagree: bounded, once, and written down."""

import pytest

from apps.adjudication.models import AdjudicationRules
from apps.adjudication.services.more import MoreAsked, judgments_ask_more
from apps.adjudication.services.rounds import adjudication_round
from apps.adjudication.services.rules import rules_set
from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from tests.adjudication.scene import judge
from tests.make import make_rank_task


def ask(cast, below=0.7, more=1, most=4):
    return judgments_ask_more(actor=cast.manager.user, project=cast.project, below=below, more=more, most=most)


@pytest.fixture
def torn(cast):
    task = make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [3, 2, 1])
    return task


def slots(task):
    return Task.objects.values_list("required", "open_slots").get(pk=task.pk)


def test_a_torn_task_gets_more_and_a_calm_one_does_not(cast, torn):
    calm = make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [1, 2, 3])
    assert ask(cast) == MoreAsked(tasks=1, judgments=1)
    assert (slots(torn), slots(calm)) == ((3, 1), (2, 0))
    assert AuditEntry.objects.filter(verb="adjudication.more_asked").get().data["tasks"] == 1


def test_asking_again_asks_nothing_while_it_waits_or_is_in_hand(cast, torn):
    ask(cast)
    assert ask(cast) == MoreAsked(0, 0)
    assignment = assignment_claim(member=cast.adjudicator, kind="rank")
    assert assignment.task_id == torn.pk
    assert ask(cast) == MoreAsked(0, 0)
    assert slots(torn) == (3, 0)


def test_it_ends_at_the_most(cast, torn):
    assert ask(cast, more=10, most=3) == MoreAsked(1, 1)
    judge(cast.adjudicator, [2, 1, 3])
    assert ask(cast, more=10, most=3) == MoreAsked(0, 0)
    assert slots(torn) == (3, 0)


def test_exactly_at_the_share_is_not_below_it(cast):
    task = make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [1, 3, 2])  # two pairs of three alike
    assert ask(cast, below=2 / 3) == MoreAsked(0, 0)
    assert ask(cast, below=0.67) == MoreAsked(1, 1)
    assert slots(task) == (3, 1)


def test_a_closed_or_settled_task_stays_as_it_is(cast, torn):
    Task.objects.filter(pk=torn.pk).update(state="closed")
    assert ask(cast) == MoreAsked(0, 0)


def test_the_rules_of_a_project_ask_by_themselves(cast, torn):
    rules = {"use_cases": [], "more_judgments": 2, "more_most": 5}
    rules_set(actor=cast.manager.user, project=cast.project, more_below=None, **rules)
    adjudication_round()
    assert slots(torn) == (2, 0)
    rules_set(actor=cast.manager.user, project=cast.project, more_below=0.5, **rules)
    adjudication_round()
    adjudication_round()
    assert slots(torn) == (4, 2)
    assert AuditEntry.objects.filter(verb="adjudication.more_asked").count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"more_below": 0}, "more_below"), ({"more_below": 1.5}, "more_below"), ({"more_judgments": 0}, "more_judgments"),
        ({"more_most": 51}, "more_most"), ({"use_cases": ["x" * 61]}, "use_cases"),
    ],
)  # fmt: skip
def test_rules_are_checked(cast, values, field):
    good = {"use_cases": [], "more_below": 0.5, "more_judgments": 1, "more_most": 5}
    with pytest.raises(RuleBroken) as told:
        rules_set(actor=cast.manager.user, project=cast.project, **good | values)
    assert told.value.field == field
    assert not AdjudicationRules.objects.exists()
