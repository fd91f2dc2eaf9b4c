"""An SFT run may name a reward model, which only chooses the epoch that is kept."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.core.domain.errors import RuleBroken
from apps.datasets.models import DatasetSnapshot
from apps.training.domain.loop import NO_JUDGE, sft_settings
from apps.training.domain.room import bytes_needed
from apps.training.models import TrainingRun
from apps.training.selectors.models import model_story
from apps.training.services.launch import training_launch
from apps.training.services.loop import loop_start
from apps.training.services.places import linked_models
from apps.training.services.retrain import retrain_policy_set
from tests.cast import Cast
from tests.datasets.scene import demonstrate
from tests.training.pages import show
from tests.training.rails import demonstrations, make_model
from tests.training.rows import a_model, a_run
from tests.training.turn import EASY, build_snapshots, go_on, ready_to_turn, turned

pytestmark = pytest.mark.django_db


def test_it_is_linked_and_named_in_the_spec(cast: Cast):
    base, reward = make_model(cast.project, "base"), make_model(cast.project, "reward")
    demonstrate(cast.labeler, "That depends.", split="validation")
    given = {
        "actor": None,
        "project": cast.project,
        "kind": "sft",
        "snapshot": demonstrations(cast),
        "parent_model": base,
    }
    with_one = training_launch(spec={"select": "reward"}, reward_model=reward, **given)
    without = training_launch(spec={}, **given)

    assert (with_one.reward_model, with_one.spec["reward"]) == (reward, "reward")
    assert (without.reward_model, without.spec["reward"]) == (None, "")
    assert linked_models("sft", parent_model=base, reward_model=reward).keys() == {"base", "reward"}
    assert linked_models("sft", parent_model=base).keys() == {"base"}


def test_asked_again_with_the_spec_of_a_former_run(cast: Cast):
    """Its settings name the folder that the reward model had there; the row decides what is there now."""
    base = make_model(cast.project, "base")
    given = {
        "actor": None,
        "project": cast.project,
        "kind": "sft",
        "snapshot": demonstrations(cast),
        "parent_model": base,
    }

    assert training_launch(spec={"reward": "reward"}, **given).spec["reward"] == ""


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"reward": "/etc"}, "reward: a run's models are chosen among the registered ones, not by the spec."),
        ({"select": "reward"}, "select: reward needs a reward model"),
        (
            {"select": "loss"},
            r"select: loss measures each epoch on validation prompts, and none of the snapshot's demonstrations is to one\. "
            r"Let some of them be answered, or choose auto, which then keeps the last epoch\.$",
        ),
    ],
)
def test_what_the_spec_may_not_say(cast: Cast, spec: dict[str, str], sentence: str):
    base = make_model(cast.project, "base")
    with pytest.raises(RuleBroken, match=sentence):
        training_launch(
            actor=None, project=cast.project, kind="sft", spec=spec, snapshot=demonstrations(cast), parent_model=base
        )


def test_only_a_reward_model_will_do(cast: Cast):
    base = make_model(cast.project, "base")
    with pytest.raises(RuleBroken, match="reward_model: it is a base model; reward is needed"):
        training_launch(
            actor=None, project=cast.project, kind="sft", spec={}, snapshot=demonstrations(cast), parent_model=base,
            reward_model=base,
        )  # fmt: skip


def test_the_database_lets_sft_have_one_and_a_reward_run_none(cast: Cast):
    reward = a_model(cast.project, "reward")

    assert a_run(cast.project, "sft", reward_model=reward).reward_model == reward
    with pytest.raises(IntegrityError, match="training_inputs_fit_kind"), transaction.atomic():
        a_run(cast.project, "reward", reward_model=reward)
    with pytest.raises(IntegrityError, match="training_inputs_fit_kind"), transaction.atomic():
        a_run(cast.project, "sft", parent_model=None)


def test_it_is_no_policy_of_that_reward_model(cast: Cast):
    reward = a_model(cast.project, "reward")
    a_run(cast.project, "sft", "done", reward_model=reward)
    policy = a_run(cast.project, "ppo", "done", reward_model=reward).output_model

    assert model_story(reward, cast.project).policies == [policy]


def test_the_form_offers_it_and_does_not_ask_for_it(cast: Cast, researcher: Client):
    base, reward = make_model(cast.project, "base"), make_model(cast.project, "reward")
    given = demonstrations(cast)

    assert f'value="{reward.uid}"' in show(researcher, "start/sft/")
    fields = {"parent_model": base.uid, "snapshot": given.uid}
    assert researcher.post("/p/clinic/training/start/sft/", fields).status_code == 303
    assert researcher.post("/p/clinic/training/start/sft/", {**fields, "reward_model": reward.uid}).status_code == 303
    assert [run.reward_model for run in TrainingRun.objects.order_by("id")] == [None, reward]
    newest = TrainingRun.objects.order_by("id").last()
    assert newest is not None
    page = show(researcher, f"runs/{newest.uid}/")
    assert f"/p/clinic/training/models/{reward.uid}/" in page


def test_over_the_api(cast: Cast, researcher: Client):
    base, reward = make_model(cast.project, "base"), make_model(cast.project, "reward")
    body = {"kind": "sft", "snapshot": str(demonstrations(cast).uid), "parent_model": str(base.uid), "reward_model": str(reward.uid)}  # fmt: skip
    made = researcher.post("/api/v1/projects/clinic/training-runs/", body, content_type="application/json")

    assert made.status_code == 202, made.content
    assert made.json()["reward_model"] == str(reward.uid)
    assert made.json()["spec"]["reward"] == "reward"


def test_the_second_turn_of_the_loop_is_chosen_by_the_firsts_reward_model(cast: Cast):
    first = turned(cast)
    assert first.sft_run.reward_model is None
    second = turned(cast)

    assert second.sft_run.reward_model == first.reward_run.output_model
    assert second.sft_run.spec["reward"] == "reward"


def test_the_loop_may_ask_for_it_and_the_first_turn_says_that_it_cannot(cast: Cast):
    """However long the reason, the sentence is not cut off; a reward model that is gone is none."""
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, specs={**EASY, "sft": {"select": "reward", "epochs": 2}})
    demonstrate(cast.labeler, "That depends.", split="validation")
    runs = []
    for _ in range(2):
        loop = loop_start(actor=None, project=cast.project, reason="x" * 290)
        build_snapshots(loop)
        runs.append(go_on(loop).sft_run)

    first, second = runs
    assert (first.reward_model, first.spec["select"], first.spec["epochs"]) == (None, "auto", 2)
    assert first.reason.startswith("The loop: xxx")
    assert first.reason.endswith("x" + NO_JUDGE)
    assert second.reward_model is not None
    assert (second.spec["select"], second.spec["reward"], second.spec["epochs"]) == ("reward", "reward", 2)
    assert NO_JUDGE not in second.reason


def test_a_turn_that_could_measure_no_epoch_is_not_started(cast: Cast):
    """Before any snapshot is made. The first turn has no reward model, so it may; loss needs them in any turn."""
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, specs={**EASY, "sft": {"select": "loss"}})
    with pytest.raises(RuleBroken, match=r"^specs\.sft\.select: loss measures each epoch"):
        loop_start(actor=None, project=cast.project)

    retrain_policy_set(actor=None, project=cast.project, specs={**EASY, "sft": {"select": "reward"}})
    first = loop_start(actor=None, project=cast.project)
    build_snapshots(first)
    assert go_on(first).state == "done"
    made = DatasetSnapshot.objects.count()
    with pytest.raises(RuleBroken, match=r"^specs\.sft\.select: reward measures each") as refused:
        loop_start(actor=None, project=cast.project)
    assert (refused.value.field, refused.value.code) == ("specs.sft.select", "no_validation_demonstrations")
    assert DatasetSnapshot.objects.count() == made

    demonstrate(cast.labeler, "That depends.", split="validation")
    assert loop_start(actor=None, project=cast.project).state == "running"


@pytest.mark.parametrize("select", ["auto", "last", "loss"])
def test_other_ways_to_choose_need_none(select: str):
    assert sft_settings({"select": select}, has_reward_model=False) == ({"select": select}, "")


def test_room_for_the_weights_that_are_kept():
    plain = bytes_needed("sft", {}, 1_000_000)

    assert bytes_needed("sft", {"select": "loss"}, 1_000_000) == plain + 2_000_000
    assert bytes_needed("sft", {"reward": "reward"}, 2_000_000) == plain + 2_000_000  # two models of a million bytes
    assert bytes_needed("sft", {"lora_rank": 8}, 1_000_000) < plain
    assert bytes_needed("reward", {"lora_rank": 8}, 1_000_000) == bytes_needed("sft", {"lora_rank": 8}, 1_000_000)
