"""A turn of the loop through its services, with a hand in the place of the programs (`turn.py`)."""

import json

import pytest

from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict, RuleBroken
from apps.datasets.models import DatasetSnapshot
from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.registry.models import GenerationRun, ModelVersion
from apps.training.models import LoopRun, TrainingRun
from apps.training.selectors.comparisons import comparisons_for_training
from apps.training.services.claim import training_claim
from apps.training.services.launch import training_launch
from apps.training.services.loop import loop_advance, loop_cancel, loop_resume, loop_start
from apps.training.services.retrain import retrain_policy_set
from apps.training.services.steer import run_cancel
from tests.cast import Cast
from tests.datasets.scene import correct, rank, records, snapshot
from tests.make import make_prompt, make_rank_task
from tests.training.rails import make_model
from tests.training.turn import (
    EASY,
    SNAPSHOTS,
    build_snapshots,
    distinct,
    fail,
    finish,
    go_on,
    rank_imported,
    ready_to_turn,
    started,
    turned,
    waiting_runs,
)


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (DatasetSnapshot, TrainingRun, GenerationRun, Task, LoopRun))


def test_a_whole_turn(cast: Cast):
    loop = turned(cast)

    assert (loop.state, loop.failure, loop.prompts_without_task) == ("done", "", 0)
    assert loop.base_model.role == "base"
    assert loop.sft_run.parent_model == loop.base_model
    sft, reward, policy = (run.output_model for run in (loop.sft_run, loop.reward_run, loop.ppo_run))
    assert (sft.role, reward.role, policy.role) == ("sft", "reward", "policy")
    assert loop.reward_run.parent_model == loop.ppo_run.parent_model == sft
    assert loop.reward_run.demonstrations == loop.demonstrations_snapshot
    assert loop.ppo_run.reward_model == reward
    assert loop.ppo_run.snapshot == loop.prompts_snapshot
    assert (loop.policy_generation.model_version, loop.sft_generation.model_version) == (policy, sft)
    made = Task.objects.filter(kind="rank", state="open")
    assert loop.tasks_created == made.count() == loop.candidates_snapshot.rows == 4
    assert AuditEntry.objects.filter(verb="loop.done", object_uid=str(loop.uid)).exists()


def test_tasks_hold_half_the_policys_and_half_the_sft_models_replies(cast: Cast):
    loop = turned(cast)
    for task in Task.objects.filter(kind="rank", state="open"):
        writers = list(Completion.objects.filter(pk__in=task.candidates).values_list("model_version__role", flat=True))
        assert sorted(writers) == ["policy", "policy", "sft", "sft"]
        assert task.required == cast.project.judgments_per_task
    assert loop.policy_generation.spec["samples"] == 4  # half of K, and two to spare


def test_a_prompt_without_two_distinct_replies_gives_no_task_and_is_counted(cast: Cast):
    loop = turned(
        cast,
        lambda run, place, sample: ("  " if sample else "the same") if place == 0 else distinct(run, place, sample),
    )

    assert (loop.tasks_created, loop.prompts_without_task) == (3, 1)


def test_models_that_say_nothing_end_the_turn_without_tasks(cast: Cast):
    loop = turned(cast, lambda *_: "")

    assert (loop.state, loop.tasks_created, loop.prompts_without_task) == ("done", 0, 4)


def test_test_prompts_are_for_evaluation_alone(cast: Cast):
    ready_to_turn(cast)
    for split in ("test", "validation"):
        make_prompt(cast.project, split=split)
        rank_imported(cast.project, [1, 2], split=split)
    loop = loop_start(actor=None, project=cast.project)
    build_snapshots(loop)

    splits = {
        name: {one["split"] for one in records(getattr(loop, name))}
        for name in SNAPSHOTS
        if not getattr(loop, name).refresh_from_db()
    }
    assert splits == {
        "demonstrations_snapshot": {"train"},
        "rankings_snapshot": {"train", "validation"},
        "prompts_snapshot": {"train"},
        "candidates_snapshot": {"train", "validation"},
    }


def test_so_many_prompts_as_the_policy_says_get_candidates_and_others_the_next_time(cast: Cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, prompts_per_loop=2)
    answered = []
    for _ in range(2):
        loop = loop_start(actor=None, project=cast.project)
        build_snapshots(loop)
        loop = go_on(loop)
        answered.append(set(loop.candidates_snapshot.items.values_list("prompt", flat=True)))
        assert loop.tasks_created == 2

    assert len(answered[0] | answered[1]) == 4


def test_the_next_snapshot_holds_the_judgments_with_model_and_sampling(cast: Cast):
    loop = turned(cast)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    judgment = judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2, "C": 3, "D": 3}}).judgment

    record = next(one for one in records(snapshot(cast)) if one["uid"] == str(judgment.uid))
    policy, sft = loop.ppo_run.output_model, loop.sft_run.output_model
    assert [one["model"] for one in record["completions"]].count(str(policy)) == 2
    assert [one["model"] for one in record["completions"]].count(str(sft)) == 2
    assert {one["origin"] for one in record["completions"]} == {"model"}
    for one in record["completions"]:
        assert one["sampling"]["temperature"] == loop.policy_generation.spec["temperature"] == 1.0
        assert one["sampling"]["seed"] in range(4)


def test_a_labeler_learns_nothing_of_the_models(cast: Cast, client):
    loop = turned(cast, lambda run, place, sample: f"Reply {run.pk} {place} {sample}")
    client.force_login(cast.labeler.user, backend="django.contrib.auth.backends.ModelBackend")
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    page = client.get(f"/work/{assignment.uid}/", follow=True)
    wire = client.get(f"/api/v1/assignments/{assignment.uid}/")

    assert wire.status_code == 200
    assert len(wire.json()["candidates"]) == 4
    for text in (page.content.decode(), json.dumps(wire.json())):
        for secret in (
            loop.uid,
            loop.policy_generation.uid,
            loop.ppo_run.output_model,
            loop.sft_run.output_model,
            "sampling",
        ):
            assert str(secret) not in text


def test_however_often_it_is_rung_nothing_is_begun_twice(cast: Cast):
    loop = started(cast)
    build_snapshots(loop)
    seen = []
    for _ in range(8):
        for _ in range(3):
            loop_advance(uid=loop.uid)
        seen.append(counts())
        loop_advance(uid=loop.uid)
        assert counts() == seen[-1]
        for run in waiting_runs(loop):
            finish(run)
    loop.refresh_from_db()
    assert loop.state == "done"
    assert counts()[:3] == (4, 3, 2)
    assert loop_advance(uid=loop.uid) is False


def test_a_ring_for_a_turn_that_is_not_there_does_nothing(db):
    assert loop_advance(uid="00000000-0000-0000-0000-000000000000") is False


def test_a_failed_run_fails_the_turn_and_a_resumed_turn_goes_on(cast: Cast):
    loop = started(cast)
    build_snapshots(loop)
    loop = go_on(loop, until="reward_run")
    fail(loop.reward_run, "diverged", "The loss of step 3 is not a number.")
    loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    assert (loop.state, loop.failure) == ("failed", "The reward run failed: The loss of step 3 is not a number.")
    sft = loop.sft_run

    loop_resume(actor=cast.researcher.user, loop=loop)
    loop = go_on(loop)

    assert (loop.state, loop.failure) == ("done", "")
    assert loop.sft_run == sft
    assert loop.reward_run.state == "done"


def test_a_failed_snapshot_fails_the_turn_and_is_asked_for_again(cast: Cast):
    loop = started(cast)
    failed = loop.rankings_snapshot
    DatasetSnapshot.objects.filter(pk=failed.pk).update(state="failed", error="The disk is full.")
    loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    assert (loop.state, loop.failure) == ("failed", "The rankings snapshot failed: The disk is full.")

    loop_resume(actor=None, loop=loop)
    loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    build_snapshots(loop)

    assert loop.rankings_snapshot != failed
    assert go_on(loop).state == "done"


def test_a_cancelled_run_cancels_the_turn(cast: Cast):
    loop = started(cast)
    build_snapshots(loop)
    loop = go_on(loop, until="sft_run")
    run_cancel(actor=None, run=loop.sft_run)
    loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    assert (loop.state, loop.failure) == ("cancelled", "The SFT run was cancelled.")


def test_cancelling_the_turn_cancels_its_unfinished_run(cast: Cast):
    loop = started(cast)
    build_snapshots(loop)
    loop = go_on(loop, until="reward_run")
    cancelled = loop_cancel(actor=cast.researcher.user, loop=loop)

    assert (cancelled.state, cancelled.failure) == ("cancelled", "Cancelled by researcher@example.org.")
    assert TrainingRun.objects.get(pk=loop.reward_run_id).state == "cancelled"
    assert TrainingRun.objects.get(pk=loop.sft_run_id).state == "done"
    with pytest.raises(Conflict, match="cancelled already"):
        loop_cancel(actor=None, loop=loop)
    assert loop_advance(uid=loop.uid) is False


def test_a_turn_whose_run_is_still_ending_cannot_be_resumed_yet(cast: Cast):
    loop = started(cast)
    build_snapshots(loop)
    loop = go_on(loop, until="sft_run")
    assert training_claim(uid=loop.sft_run.uid, worker="w")
    loop_cancel(actor=None, loop=loop)
    with pytest.raises(Conflict, match="still being cancelled"):
        loop_resume(actor=None, loop=loop)
    assert LoopRun.objects.get(pk=loop.pk).state == "cancelled"


def test_what_a_rule_forbids_meanwhile_fails_in_a_sentence(cast: Cast):
    loop = started(cast)
    build_snapshots(loop)
    ModelVersion.objects.filter(pk=loop.base_model_id).update(state="retired")
    loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    assert loop.state == "failed"
    assert loop.failure == f"The SFT run could not be started: parent_model: {loop.base_model} is retired, not ready."


def test_an_end_of_a_run_rings_the_turn(cast: Cast, django_capture_on_commit_callbacks, monkeypatch):
    loop = started(cast)
    build_snapshots(loop)
    loop = go_on(loop, until="sft_run")
    rings = []
    monkeypatch.setattr("apps.core.ring.ring", lambda name, uid: rings.append((name, uid)))
    with django_capture_on_commit_callbacks(execute=True):
        finish(loop.sft_run)
    assert ("training.advance", loop.uid) in rings


# --- what a turn needs ---------------------------------------------------------------------------


def refused(cast: Cast, field: str, **fields) -> str:
    with pytest.raises(RuleBroken) as caught:
        loop_start(actor=None, project=cast.project, **fields)
    assert caught.value.field == field
    assert not LoopRun.objects.exists()
    assert not DatasetSnapshot.objects.exists()
    return caught.value.message


def test_without_a_base(cast: Cast):
    assert "there is no base model" in refused(cast, "base_model")


def test_while_the_base_is_being_made(cast: Cast):
    training_launch(actor=None, project=cast.project, kind="pretrain", spec={})
    assert "the base is still being made: its pretraining waits for a worker." in refused(cast, "base_model")


def test_without_demonstrations(cast: Cast):
    ready_to_turn(cast, demonstrated=False)
    assert "demonstrations: there is none to a training prompt" in refused(cast, "demonstrations")


def test_with_too_few_comparisons(cast: Cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, specs={"reward": {"min_comparisons": 3}})
    assert "give 2 ordered pairs" in refused(cast, "comparisons")


def test_ties_held_out_and_simulated_rankings_give_no_comparisons(cast: Cast):
    ready_to_turn(cast)
    rank_imported(cast.project, [1, 1, 1, 1])
    rank_imported(cast.project, [1, 2, 3], cohort="held-out")
    rank_imported(cast.project, [1, 2, 3], kind="simulated")
    rank_imported(cast.project, [1, 2, 3], split="validation")
    assert comparisons_for_training(cast.project) == 2
    rank_imported(cast.project, [1, 2, 2, 3])
    assert comparisons_for_training(cast.project) == 2 + 5
    Project.objects.filter(pk=cast.project.pk).update(allows_simulated_training=True)
    cast.project.refresh_from_db()
    assert comparisons_for_training(cast.project) == 2 + 5 + 3


def test_a_corrected_ranking_counts_once(cast: Cast):
    judgment = rank(cast.labeler, k=3)
    assert comparisons_for_training(cast.project) == 2
    correct(judgment)  # all tied
    assert comparisons_for_training(cast.project) == 0


def test_with_a_base_of_another_kind_or_project_or_retired(cast: Cast):
    ready_to_turn(cast)
    assert "is a sft model" in refused(cast, "base_model", base_model=make_model(cast.project, "sft"))
    retired = make_model(None, "base", state="retired")
    assert "is retired, not ready" in refused(cast, "base_model", base_model=retired)


def test_the_projects_own_newest_base_comes_before_a_shared_one(cast: Cast):
    ready_to_turn(cast)
    own = make_model(cast.project, "base")
    make_model(None, "base")
    assert loop_start(actor=None, project=cast.project).base_model == own


def test_a_second_turn_waits_for_the_first(cast: Cast):
    started(cast)
    with pytest.raises(Conflict, match="is running in this project"):
        loop_start(actor=None, project=cast.project)


def test_the_settings_of_the_policy_reach_the_runs(cast: Cast):
    ready_to_turn(cast)
    specs = {**EASY, "sft": {"epochs": 2}, "ppo": {"beta": 0.1}, "generate": {"samples": 3, "temperature": 0.7}}
    retrain_policy_set(actor=None, project=cast.project, specs=specs)
    loop = loop_start(actor=None, project=cast.project)
    build_snapshots(loop)
    loop = go_on(loop)

    assert loop.sft_run.spec["epochs"] == 2
    assert loop.ppo_run.spec["beta"] == 0.1
    assert (loop.sft_generation.spec["samples"], loop.sft_generation.spec["temperature"]) == (3, 0.7)


def test_old_tasks_wait_behind_the_new_candidates(cast: Cast):
    old = make_rank_task(cast.project)
    turned(cast)
    assert assignment_claim(member=cast.labeler, kind="rank").task != old
