"""Launching: what is asked is checked, written down whole, and asked once."""

import threading
from functools import partial

import pytest
from django.db import connection

from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.datasets.services.create import snapshot_create
from apps.projects.services import project_create
from apps.registry.models import GenerationRun
from apps.training.models import TrainingRun
from apps.training.services import launch
from apps.training.services.launch import generation_launch, training_launch
from apps.training.services.steer import run_cancel
from tests.datasets.scene import demonstrate, rank, snapshot
from tests.make import make_prompt
from tests.training.rails import (
    REWARD,
    demonstrations,
    launch_pretrain,
    launch_reward,
    make_model,
    prompts,
    rankings,
)


@pytest.fixture
def rings(monkeypatch) -> list[tuple[str, object]]:
    heard = []
    monkeypatch.setattr(launch, "ring_on_commit", lambda name, uid: heard.append((name, uid)))
    return heard


def test_a_run_holds_every_setting_and_rings_the_train_queue(cast, rings):
    run = launch_reward(cast, spec={**REWARD, "epochs": 2}, reason="A first look.")

    assert (run.state, run.kind, run.reason, run.attempt) == ("queued", "reward", "A first look.", 0)
    assert (run.spec["epochs"], run.spec["batch_size"], run.spec["model"]) == (2, 64, "policy")
    assert run.model_name == "clinic-reward"
    assert run.requested_by == cast.researcher.user
    assert rings == [("workers.train", run.uid)]
    assert AuditEntry.objects.filter(verb="training.requested", object_uid=run.uid).exists()


def test_every_kind_has_its_inputs(cast):
    made = {"snapshot": demonstrations(cast), "parent_model": make_model(None, "base")}
    assert training_launch(actor=None, project=cast.project, kind="sft", spec={}, **made).spec["model"] == "base"
    ppo = training_launch(
        actor=None, project=cast.project, kind="ppo", spec={}, snapshot=prompts(cast),
        parent_model=make_model(cast.project), reward_model=make_model(cast.project, "reward"),
    )  # fmt: skip
    assert (ppo.spec["policy"], ppo.spec["reward"], ppo.model_name) == ("policy", "reward", "clinic-policy")
    assert launch_pretrain(cast.project, model_name="tiny").model_name == "tiny"


def test_a_hubs_model_is_named_by_the_spec(cast):
    base = make_model(None, "base", artifact_uri="hub:org/name@v1")
    run = training_launch(
        actor=None, project=cast.project, kind="sft", spec={}, snapshot=demonstrations(cast), parent_model=base
    )
    assert run.spec["model"] == "org/name@v1"


def test_the_same_request_is_the_same_run_while_it_is_unfinished(cast, rings):
    given = {"snapshot": rankings(cast), "parent_model": make_model(cast.project)}
    first = launch_reward(cast, **given)
    assert launch_reward(cast, **given).pk == first.pk
    assert launch_reward(cast, **given, spec={**REWARD, "seed": 1}).pk != first.pk
    assert launch_reward(cast, snapshot=given["snapshot"], parent_model=make_model(cast.project)).pk != first.pk
    run_cancel(actor=None, run=first)
    assert launch_reward(cast, **given).pk != first.pk
    assert len(rings) == 4


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_launch_once(cast):
    """Both find nothing unfinished: the database lets one of them in."""
    together = threading.Barrier(4, timeout=60)
    found: list[TrainingRun] = []
    look = launch.parse_spec

    def slow(*given):
        together.wait()
        return look(*given)

    def click():
        found.append(launch_pretrain(cast.project))
        connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "parse_spec", slow)
        threads = [threading.Thread(target=click) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert len(found) == 4
    assert len({run.pk for run in found}) == TrainingRun.objects.count() == 1


def test_a_generation_run(cast, rings):
    model, asked = make_model(cast.project, "policy"), prompts(cast)
    given = {"actor": None, "project": cast.project, "model_version": model, "snapshot": asked}
    run = generation_launch(**given, spec={"temperature": 0.7, "samples": 2})
    assert (run.input.snapshot, run.spec["samples"], run.spec["model"]) == (asked, 2, "policy")
    assert run.sampling == {"temperature": 0.7, "top_p": 1.0, "seed": 0, "max_completion_tokens": 1024}
    assert rings == [("workers.generate", run.uid)]
    assert generation_launch(**given, spec={"temperature": 0.7, "samples": 2}).pk == run.pk
    assert GenerationRun.objects.count() == 1


def test_generation_on_evaluation_prompts_is_allowed(cast):
    prompts(cast)
    model = make_model(cast.project, "policy")
    asked = snapshot(cast, "prompts", "evaluation")
    run = generation_launch(actor=None, project=cast.project, model_version=model, snapshot=asked, spec={})
    assert run.state == "queued"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("kind", {"kind": "dance"}),
        ("epochs", {"spec": {"epochs": 0}}),
        ("colour", {"spec": {"colour": "red"}}),
        ("model", {"spec": {"model": "/etc"}}),
        ("model", {"spec": {"model": "org/name"}}),
        ("spec", {"spec": "epochs=2"}),
        ("snapshot", {"snapshot": None}),
        ("parent_model", {"parent_model": None}),
        ("model_name", {"model_name": "x" * 121}),
        ("model_name", {"model_name": "\x00"}),
        ("reason", {"reason": "y" * 301}),
    ],
)
def test_what_cannot_be_launched_names_its_field(cast, field, given):
    inputs = {"kind": "reward", "spec": REWARD, "snapshot": rankings(cast), "parent_model": make_model(cast.project)}
    with pytest.raises(RuleBroken, match=f"^{field}: ") as caught:
        training_launch(actor=None, project=cast.project, **{**inputs, **given})
    assert caught.value.field == field
    assert not TrainingRun.objects.exists()


def test_inputs_that_a_kind_does_not_read_are_refused(cast):
    snapshot, model = rankings(cast), make_model(cast.project, "reward")
    for field, given in {"snapshot": snapshot, "parent_model": model, "reward_model": model}.items():
        with pytest.raises(RuleBroken, match=f"{field}: a pretrain run reads none"):
            launch_pretrain(cast.project, **{field: given})
    with pytest.raises(RuleBroken, match="demonstrations: a pretrain run reads none"):
        launch_pretrain(cast.project, demonstrations=snapshot)


def test_inputs_of_another_project_are_refused(cast):
    other = project_create(actor=cast.outsider, slug="other", name="Other")
    with pytest.raises(RuleBroken, match="parent_model: it is no model of this project"):
        launch_reward(cast, parent_model=make_model(other))
    theirs = rankings(cast)
    with pytest.raises(RuleBroken, match="snapshot: it is no snapshot of this project"):
        training_launch(
            actor=None, project=other, kind="reward", spec=REWARD, snapshot=theirs, parent_model=make_model(other)
        )


def test_models_of_another_role_or_state_are_refused(cast):
    with pytest.raises(RuleBroken, match="parent_model: it is a reward model; sft or base or policy is needed"):
        launch_reward(cast, parent_model=make_model(cast.project, "reward"))
    with pytest.raises(RuleBroken, match="is retired, not ready"):
        launch_reward(cast, parent_model=make_model(cast.project, state="retired"))
    with pytest.raises(RuleBroken, match="model: it is a reward model"):
        generation_launch(
            actor=None, project=cast.project, model_version=make_model(cast.project, "reward"), spec={},
            snapshot=prompts(cast),
        )  # fmt: skip


def test_snapshots_of_another_kind_purpose_or_state_are_refused(cast):
    with pytest.raises(RuleBroken, match="it holds demonstrations, and rankings are needed"):
        launch_reward(cast, snapshot=demonstrations(cast))
    rank(cast.labeler)
    with pytest.raises(RuleBroken, match="it was made for evaluation, so nothing may be trained on it"):
        launch_reward(cast, snapshot=snapshot(cast, purpose="evaluation"))
    building = snapshot_create(actor=None, project=cast.project, kind="rankings", purpose="training")
    with pytest.raises(RuleBroken, match="it is building, not ready"):
        launch_reward(cast, snapshot=building)


def test_too_few_comparisons_are_told_before_anything_waits(cast):
    few = rankings(cast, count=2)  # of three candidates, the best alone at the top: two comparisons each
    with pytest.raises(RuleBroken, match="2 rankings of training prompts give 4 comparisons, and min_comparisons is 5"):
        launch_reward(cast, snapshot=few, spec={"min_comparisons": 5})
    assert launch_reward(cast, snapshot=few, spec={"min_comparisons": 4}).state == "queued"


def test_ties_alone_are_named(cast):
    rank(cast.labeler, tiers={"A": 1, "B": 1, "C": 1})
    with pytest.raises(RuleBroken, match=r"give 0 comparisons.* All of them are ties, which give none") as caught:
        launch_reward(cast, snapshot=snapshot(cast))
    assert caught.value.details["comparisons"] == 0


def test_only_training_prompts_count(cast, monkeypatch):
    monkeypatch.setattr("tests.make.make_prompt", partial(make_prompt, split="validation"))
    held_out = rankings(cast)
    demonstrate(cast.labeler, "Never.", split="validation")
    with pytest.raises(RuleBroken, match=r"0 rankings of training prompts give 0 comparisons, .* is 1\.$"):
        launch_reward(cast, snapshot=held_out)
    written = snapshot(cast, "demonstrations")
    with pytest.raises(RuleBroken, match="none of its demonstrations is to a training prompt"):
        training_launch(
            actor=None, project=cast.project, kind="sft", spec={}, snapshot=written,
            parent_model=make_model(None, "base"),
        )  # fmt: skip
