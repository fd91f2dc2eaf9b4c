"""When the loop starts by itself, what it says, and that it does not nag."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project
from apps.training.domain.retrain import Turn, due
from apps.training.models import LoopRun, RetrainPolicy
from apps.training.services.retrain import ASK_AGAIN, retrain_check, retrain_due, retrain_policy_set
from tests.training.rails import make_model
from tests.training.turn import rank_imported, ready_to_turn

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("every", "comparisons", "last", "found"),
    [
        ((200, None), 212, None, ("comparisons", "212 new comparisons and no turn yet (the policy asks for 200).")),
        ((200, None), 1_212, Turn(1_000, HOUR), ("comparisons", "212 new comparisons since the last turn (the policy asks for 200).")),
        ((200, None), 1_199, Turn(1_000, HOUR), None),
        ((200, None), 900, Turn(1_000, HOUR), None),  # corrections took some away
        ((200, 24), 0, Turn(0, 24 * HOUR), ("hours", "The last turn began 24 hours ago (the policy asks for one every 24 hours).")),
        ((None, 1), 0, Turn(0, 1.5 * HOUR), ("hours", "The last turn began 1 hour ago (the policy asks for one every hour).")),
        ((None, 24), 0, Turn(0, 23.9 * HOUR), None),
        ((None, 24), 0, None, ("hours", "No turn yet (the policy asks for one every 24 hours).")),
        ((None, None), 5_000, None, None),
    ],
)  # fmt: skip
def test_what_is_due(every, comparisons, last, found):
    assert due(every_comparisons=every[0], every_hours=every[1], comparisons=comparisons, last=last) == found


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"enabled": "yes"}, "enabled"),
        ({"enabled": True}, "enabled"),  # and does not say when
        ({"every_comparisons": 0}, "every_comparisons"),
        ({"every_hours": 1.5}, "every_hours"),
        ({"every_hours": 2**40}, "every_hours"),
        ({"prompts_per_loop": None}, "prompts_per_loop"),
        ({"prompts_per_loop": True}, "prompts_per_loop"),
        ({"specs": []}, "specs"),
        ({"specs": {"dpo": {}}}, "specs"),
        ({"specs": {"ppo": {"beta": -1}}}, "specs.ppo.beta"),
        ({"specs": {"sft": {"colour": 1}}}, "specs.sft.colour"),
        ({"specs": {"sft": []}}, "specs.sft.spec"),
        ({"specs": {"generate": {"model": "/etc"}}}, "specs.generate.model"),
    ],
)
def test_what_is_no_policy(cast, fields, field):
    with pytest.raises(RuleBroken) as caught:
        retrain_policy_set(actor=None, project=cast.project, **fields)
    assert caught.value.field == field
    assert caught.value.message.startswith(field.split(".")[0])
    assert not RetrainPolicy.objects.exists()


def test_only_what_is_named_changes_and_it_is_written_down(cast):
    base = make_model(cast.project, "base")
    retrain_policy_set(actor=cast.manager.user, project=cast.project, every_hours=5, base_model=base)
    policy = retrain_policy_set(
        actor=cast.manager.user, project=cast.project, enabled=True, specs={"sft": {}, "ppo": {"beta": 1}}
    )

    assert (policy.enabled, policy.every_hours, policy.base_model) == (True, 5, base)
    assert policy.specs == {"ppo": {"beta": 1}}
    assert AuditEntry.objects.filter(verb="retrain_policy.set", actor=cast.manager.user).count() == 2


def test_another_projects_base_is_refused(cast):
    other = Project.objects.create(slug="other", name="Other", seed=1)
    with pytest.raises(RuleBroken, match="no model of this project"):
        retrain_policy_set(actor=None, project=cast.project, base_model=make_model(other, "base"))


def test_off_unless_it_is_enabled(cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, every_comparisons=1)
    assert retrain_due(RetrainPolicy.objects.get()) is None
    assert retrain_check() == 0


def test_a_turn_that_is_due_starts_and_says_why(cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, enabled=True, every_comparisons=2)
    assert retrain_check() == 1
    loop = LoopRun.objects.get()
    assert (loop.trigger, loop.requested_by, loop.comparisons_seen) == ("comparisons", None, 2)
    assert loop.reason == "2 new comparisons and no turn yet (the policy asks for 2)."

    LoopRun.objects.update(state="failed", failure="For a reason.", finished_at=timezone.now())
    assert retrain_check() == 0  # a failed turn is not tried over and over
    rank_imported(cast.project, [1, 2, 3])
    assert retrain_check() == 1
    assert LoopRun.objects.latest("id").reason == "3 new comparisons since the last turn (the policy asks for 2)."


def test_by_the_clock(cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, enabled=True, every_hours=2)
    assert retrain_check() == 1
    LoopRun.objects.update(state="done", tasks_created=0, finished_at=timezone.now())
    assert retrain_check() == 0
    LoopRun.objects.update(created_at=timezone.now() - timedelta(hours=2, minutes=5))
    assert retrain_check() == 1
    assert LoopRun.objects.latest("id").trigger == "hours"


def test_a_paused_project_starts_nothing(cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, enabled=True, every_comparisons=1)
    Project.objects.filter(pk=cast.project.pk).update(state="paused")
    assert retrain_check() == 0


def test_a_refusal_is_shown_logged_once_and_not_asked_for_again_at_once(cast, caplog):
    ready_to_turn(cast, demonstrated=False)
    retrain_policy_set(actor=None, project=cast.project, enabled=True, every_comparisons=1)
    changed = RetrainPolicy.objects.get().updated_at

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert retrain_check() == 0
        RetrainPolicy.objects.update(refused_at=timezone.now() - ASK_AGAIN - timedelta(seconds=1))
        assert retrain_check() == 0

    policy = RetrainPolicy.objects.get()
    assert (
        "2 new comparisons and no turn yet (the policy asks for 1). But it could not start: demonstrations"
        in policy.refusal
    )
    assert timezone.now() - policy.refused_at < timedelta(minutes=1)
    assert policy.updated_at == changed
    assert sum("retrain policy" in record.message for record in caplog.records) == 1
    assert not LoopRun.objects.exists()


def test_a_changed_policy_is_looked_at_at_once_and_a_start_forgets_the_refusal(cast):
    ready_to_turn(cast)
    fields = {"enabled": True, "every_comparisons": 1}
    retrain_policy_set(actor=None, project=cast.project, **fields, specs={"reward": {"min_comparisons": 99}})
    assert retrain_check() == 0
    assert "99" in RetrainPolicy.objects.get().refusal

    retrain_policy_set(actor=None, project=cast.project, specs={"reward": {"min_comparisons": 1}})
    assert retrain_check() == 1
    policy = RetrainPolicy.objects.get()
    assert (policy.refusal, policy.refused_at) == ("", None)
