"""The reward model before: what a reward run may be compared with, and who chooses it."""

import shutil

import pytest
from django.db import IntegrityError, transaction

from apps.core.domain.errors import RuleBroken
from apps.projects.services import project_create
from apps.training.models import TrainingRun
from apps.training.services.places import model_folder, previous_reward_model
from tests.training.pages import BASE, show
from tests.training.rails import claimed, launch_pretrain, launch_reward, make_model, rankings
from tests.training.rows import a_run
from tests.training.turn import go_on, turned


def test_a_reward_runs_folder_holds_the_one_before(cast, artifact_root):
    before = make_model(cast.project, "reward")
    run = launch_reward(cast, previous_model=before)
    _claim, place = claimed(run)
    assert (place.input / "previous").resolve() == artifact_root / "models" / before.artifact_sha256


def test_the_room_it_needs_is_not_counted(cast, artifact_root, monkeypatch):
    """It is only asked: no optimiser's moments, no checkpoint of it."""
    from apps.training.services import workspace

    wanted = []
    monkeypatch.setattr(workspace, "bytes_needed", lambda _program, _spec, weights: wanted.append(weights) or 0)
    claimed(launch_reward(cast, previous_model=make_model(cast.project, "reward")))
    assert wanted == [100]


def test_another_one_before_is_another_request(cast):
    given = {"snapshot": rankings(cast), "parent_model": make_model(cast.project)}
    first = launch_reward(cast, **given)
    before = make_model(cast.project, "reward")
    second = launch_reward(cast, **given, previous_model=before)
    assert second.pk != first.pk
    assert launch_reward(cast, **given, previous_model=before).pk == second.pk


def test_what_cannot_be_the_one_before_is_refused(cast):
    with pytest.raises(RuleBroken, match="previous_model: a pretrain run reads none"):
        launch_pretrain(cast.project, previous_model=make_model(cast.project, "reward"))
    with pytest.raises(RuleBroken, match="previous_model: it is a sft model; reward is needed"):
        launch_reward(cast, previous_model=make_model(cast.project))
    with pytest.raises(RuleBroken, match=r"previous_model: .* is retired, not ready"):
        launch_reward(cast, previous_model=make_model(cast.project, "reward", state="retired"))
    other = project_create(actor=cast.outsider, slug="other", name="Other")
    with pytest.raises(RuleBroken, match="previous_model: it is no model of this project"):
        launch_reward(cast, previous_model=make_model(other, "reward"))
    with pytest.raises(RuleBroken, match="previous_model: its files are not in this installation"):
        launch_reward(cast, previous_model=make_model(cast.project, "reward", artifact_uri="hub:org/judge"))


def test_the_database_keeps_it_to_reward_runs_and_as_it_was_asked(cast):
    before = make_model(cast.project, "reward")
    with pytest.raises(IntegrityError, match="training_previous_is_rewards"), transaction.atomic():
        a_run(cast.project, "pretrain", previous_model=before)
    run = a_run(cast.project, "reward", previous_model=before)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk).update(previous_model=None)


def test_the_newest_ready_one_with_files_is_the_one_before(cast):
    assert previous_reward_model(cast.project) is None
    make_model(cast.project, "reward")
    newest = make_model(cast.project, "reward")
    make_model(cast.project, "reward", state="retired")
    make_model(cast.project)
    assert previous_reward_model(cast.project) == newest
    shutil.rmtree(model_folder(newest))
    assert previous_reward_model(cast.project) is None


def test_the_second_turn_of_the_loop_is_compared_with_the_first(cast):
    first = turned(cast)
    assert first.reward_run.previous_model is None
    second = turned(cast)
    assert second.reward_run.previous_model == first.reward_run.output_model
    assert go_on(second).state == "done"


# --- the page and the call ------------------------------------------------------------------------
def test_the_form_proposes_the_newest_and_takes_none(cast, researcher):
    given, sft = rankings(cast), make_model(cast.project)
    make_model(cast.project, "reward")
    newest = make_model(cast.project, "reward")
    assert f'<option value="{newest.uid}" selected>' in show(researcher, "start/reward/")
    fields = {"parent_model": sft.uid, "snapshot": given.uid, "min_comparisons": 1}
    for chosen in ("", newest.uid):
        answer = researcher.post(BASE + "start/reward/", {**fields, "previous_model": chosen})
        assert answer.status_code == 303
    assert {run.previous_model for run in TrainingRun.objects.all()} == {None, newest}


def test_the_runs_page_names_it_and_starting_again_keeps_it(cast, researcher):
    run = a_run(cast.project, "reward", "done", previous_model=make_model(cast.project, "reward"))
    make_model(cast.project, "reward")
    page = show(researcher, f"runs/{run.uid}/")
    assert f'<a href="{BASE}models/{run.previous_model.uid}/">' in page
    again = show(researcher, f"start/reward/?from={run.uid}")
    assert f'<option value="{run.previous_model.uid}" selected>' in again


def test_the_call_takes_and_tells_it(cast, researcher):
    before = make_model(cast.project, "reward")
    body = {
        "kind": "reward", "spec": {"min_comparisons": 1}, "snapshot": str(rankings(cast).uid),
        "parent_model": str(make_model(cast.project).uid), "previous_model": str(before.uid),
    }  # fmt: skip
    answer = researcher.post("/api/v1/projects/clinic/training-runs/", body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    assert answer.json()["previous_model"] == str(before.uid)
    run = answer.json()["uid"]
    assert researcher.get(f"/api/v1/training-runs/{run}/").json()["previous_model"] == str(before.uid)
