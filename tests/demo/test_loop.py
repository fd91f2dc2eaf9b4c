"""The demo can turn the loop: its base is made in the background, its settings fit a model of that size."""

import pytest

from apps.core.domain.errors import RuleBroken
from apps.demo.loop import BASE, SPECS
from apps.demo.services import demo_seed
from apps.projects.models import Project
from apps.training.domain.specs import parse_spec
from apps.training.models import LoopRun, RetrainPolicy, TrainingRun
from apps.training.selectors.comparisons import comparisons_for_training
from apps.training.services.claim import claim_fail, training_claim
from apps.training.services.loop import loop_start
from apps.training.services.retrain import retrain_check, retrain_policy_set
from tests.training.rails import make_model


@pytest.fixture
def demo(db: None) -> Project:
    demo_seed()
    return Project.objects.get(slug="demo")


def test_a_base_is_being_made_and_nothing_starts_by_itself(demo: Project):
    run = TrainingRun.objects.get()
    assert (run.kind, run.state, run.model_name) == ("pretrain", "queued", "clinic-base")
    assert run.spec["context"] == BASE["context"]
    policy = RetrainPolicy.objects.get()
    assert (policy.enabled, policy.every_comparisons, policy.base_model) == (False, 200, None)
    assert retrain_check() == 0
    with pytest.raises(RuleBroken, match="still being made"):
        loop_start(actor=None, project=demo)


def test_once_the_base_is_there_a_turn_starts(demo: Project):
    base = make_model(demo, "base")
    loop = loop_start(actor=None, project=demo)
    assert loop.base_model == base
    assert loop.comparisons_seen == comparisons_for_training(demo) > 1_000
    assert LoopRun.objects.count() == 1


def test_a_second_seeding_makes_no_second_base_and_leaves_the_policy(demo: Project):
    retrain_policy_set(actor=None, project=demo, prompts_per_loop=5)
    demo_seed()
    assert TrainingRun.objects.count() == 1
    assert RetrainPolicy.objects.get().prompts_per_loop == 5


def test_a_base_that_failed_is_begun_again_one_that_is_there_is_not(demo: Project):
    claim_fail(training_claim(uid=TrainingRun.objects.get().uid, worker="w"), "killed", "Killed.")
    demo_seed()
    assert sorted(TrainingRun.objects.values_list("state", flat=True)) == ["failed", "queued"]

    TrainingRun.objects.filter(state="queued").delete()
    make_model(demo, "base")
    demo_seed()
    assert list(TrainingRun.objects.values_list("state", flat=True)) == ["failed"]


@pytest.mark.parametrize("program", SPECS)
def test_a_prompt_and_a_reply_fit_the_base(program: str):
    spec = parse_spec(program, SPECS[program])
    assert spec.max_prompt_tokens + spec.max_completion_tokens <= BASE["context"]
