"""Training over the API: asking for runs, following them, their numbers; models; the loop and its policy."""

import pytest

from apps.projects.services import project_create
from apps.registry.models import GenerationRun, ModelVersion
from apps.training.models import RetrainPolicy, TrainingRun
from tests.api.calls import code
from tests.datasets.scene import demonstrate, rank, snapshot
from tests.training.rows import a_generation, a_loop, a_model, a_run, a_snapshot, some_metrics

RUNS = "projects/clinic/training-runs/"
NOBODY = "01890000-0000-7000-8000-000000000000"


def test_a_run_from_asking_to_its_row(cast, researcher, django_capture_on_commit_callbacks, monkeypatch):
    rings = []
    monkeypatch.setattr("apps.core.ring.ring", lambda name, uid: rings.append((name, str(uid))))
    rank(cast.labeler)
    sft, rankings = a_model(cast.project, "sft"), snapshot(cast)
    body = {
        "kind": "reward",
        "snapshot": str(rankings.uid),
        "parent_model": str(sft.uid),
        "spec": {"min_comparisons": 1},
    }
    with django_capture_on_commit_callbacks(execute=True):
        asked = researcher.post(RUNS, body | {"reason": "First."})

    answer = asked.json()
    assert asked.status_code == 202
    assert (answer["state"], answer["kind"], answer["reason"]) == ("queued", "reward", "First.")
    assert (answer["snapshot"], answer["parent_model"], answer["output_model"]) == (
        str(rankings.uid),
        str(sft.uid),
        None,
    )
    assert answer["spec"]["min_comparisons"] == 1
    assert answer["spec"]["epochs"] == 1
    assert rings == [("workers.train", answer["uid"])]
    assert researcher.get(f"training-runs/{answer['uid']}/").json() == answer
    assert [row["uid"] for row in researcher.get(RUNS).json()["results"]] == [answer["uid"]]


def test_asking_the_same_twice_gives_the_same_run(cast, researcher):
    first, second = (researcher.post(RUNS, {"kind": "pretrain", "spec": {"steps": 3}}).json() for _ in range(2))
    assert first["uid"] == second["uid"]
    assert TrainingRun.objects.count() == 1


def test_too_little_to_learn_from_is_refused_with_the_numbers(cast, researcher):
    rank(cast.labeler)
    sft, rankings = a_model(cast.project, "sft"), snapshot(cast)
    body = {"kind": "reward", "snapshot": str(rankings.uid), "parent_model": str(sft.uid)}
    answer = researcher.post(RUNS, body)
    assert code(answer) == (422, "too_few_comparisons")
    assert answer.json()["error"]["details"]["field"] == "snapshot"
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "magic"}, "kind"),
        ({"kind": "sft"}, "snapshot"),
        ({"kind": "pretrain", "spec": {"steps": 0}}, "steps"),
        ({"kind": "pretrain", "spec": {"stepz": 1}}, "stepz"),
        ({"kind": "pretrain", "spec": [1]}, "spec"),
        ({"kind": "pretrain", "snapshot": NOBODY}, "snapshot"),
        ({"kind": "pretrain", "parent_model": "x"}, "parent_model"),
        ({"kind": "pretrain", "reason": "x" * 301}, "reason"),
    ],
)
def test_what_cannot_be_asked_names_its_field(cast, researcher, body, field):
    answer = researcher.post(RUNS, body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field


def test_another_projects_rows_are_no_inputs(cast, researcher):
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    theirs, ours = a_model(other), a_snapshot(cast.project, "demonstrations")
    answer = researcher.post(RUNS, {"kind": "sft", "snapshot": str(ours.uid), "parent_model": str(theirs.uid)})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "parent_model"


def test_a_run_is_cancelled_and_resumed(cast, researcher):
    run = a_run(cast.project)
    assert researcher.post(f"training-runs/{run.uid}/cancel/").json()["state"] == "cancelled"
    assert code(researcher.post(f"training-runs/{run.uid}/cancel/")) == (409, "run_is_over")
    resumed = researcher.post(f"training-runs/{run.uid}/resume/")
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    assert code(researcher.post(f"training-runs/{run.uid}/resume/"))[0] == 409


def test_a_failed_run_says_what_broke(cast, researcher):
    run = a_run(cast.project, state="failed", failure="Out of memory.", failure_kind="memory", log_tail="the end")
    answer = researcher.get(f"training-runs/{run.uid}/").json()
    assert (answer["failure_kind"], answer["failure"], answer["log_tail"]) == ("memory", "Out of memory.", "the end")


def test_numbers_come_in_their_order_and_by_name(cast, researcher):
    run = a_run(cast.project, state="running")
    some_metrics(run, loss=[3.0, 2.0], kl=[0.5])
    rows = researcher.get(f"training-runs/{run.uid}/metrics/").json()["results"]
    assert rows[0] == {"name": "loss", "step": 1, "value": 3.0}
    assert len(rows) == 3
    page = researcher.get(f"training-runs/{run.uid}/metrics/?name=loss&limit=1").json()
    assert page["results"] == [{"name": "loss", "step": 1, "value": 3.0}]
    following = researcher.client.get(page["next"], headers={"Authorization": f"Token {researcher.token}"}).json()
    assert following == {"results": [{"name": "loss", "step": 2, "value": 2.0}], "next": None}
    assert researcher.get(f"training-runs/{run.uid}/metrics/?name=none").json()["results"] == []


def test_a_model_answers_prompts(cast, researcher):
    model, prompts = a_model(cast.project, "policy"), a_snapshot(cast.project, "prompts")
    body = {"model": str(model.uid), "snapshot": str(prompts.uid), "spec": {"samples": 3, "temperature": 0.7}}
    asked = researcher.post("projects/clinic/generation-runs/", body)
    answer = asked.json()
    assert asked.status_code == 202
    assert (answer["model"], answer["snapshot"], answer["spec"]["samples"]) == (str(model.uid), str(prompts.uid), 3)
    assert answer["sampling"]["temperature"] == 0.7
    assert researcher.get(f"generation-runs/{answer['uid']}/").json() == answer
    assert researcher.post(f"generation-runs/{answer['uid']}/cancel/").json()["state"] == "cancelled"
    assert researcher.post(f"generation-runs/{answer['uid']}/resume/").status_code == 202


def test_a_reward_model_answers_nothing(cast, researcher):
    model, prompts = a_model(cast.project, "reward"), a_snapshot(cast.project, "prompts")
    answer = researcher.post(
        "projects/clinic/generation-runs/", {"model": str(model.uid), "snapshot": str(prompts.uid)}
    )
    assert answer.status_code == 422
    assert not GenerationRun.objects.exists()


def test_models_say_what_they_come_from(cast, researcher):
    run = a_run(cast.project, "sft", "done")
    made, base = run.output_model, run.parent_model
    listed = {row["uid"]: row for row in researcher.get("projects/clinic/models/").json()["results"]}
    assert set(listed) == {str(made.uid), str(base.uid)}
    assert (listed[str(made.uid)]["parent"], listed[str(made.uid)]["made_by"]) == (str(base.uid), str(run.uid))
    assert (listed[str(base.uid)]["parent"], listed[str(base.uid)]["made_by"]) == (None, None)
    answer = researcher.get(f"models/{made.uid}/").json()
    assert (answer["role"], answer["sha256"], answer["manifest"]) == ("sft", made.artifact_sha256, {})


@pytest.mark.parametrize(
    ("source", "uri"),
    [({"hub": "org/name", "revision": "abc"}, "hub:org/name@abc"), ({"hub": "org/name"}, "hub:org/name")],
)
def test_a_base_is_registered(cast, researcher, source, uri):
    answer = researcher.post("projects/clinic/models/", {"name": "small", "source": source})
    assert answer.status_code == 201
    assert (answer.json()["role"], answer.json()["artifact_uri"], answer.json()["number"]) == ("base", uri, 1)


@pytest.mark.parametrize(
    "source", [{}, {"hub": "x"}, {"folder": "../../etc"}, {"hub": "a/b", "folder": "c"}, "x", None]
)
def test_a_base_from_nowhere_is_refused(cast, researcher, source):
    assert researcher.post("projects/clinic/models/", {"name": "small", "source": source}).status_code == 422
    assert not ModelVersion.objects.exists()


def test_shared_bases_are_everybodys_who_does_research(cast, researcher, labeler):
    shared = a_model(None)
    assert researcher.get(f"models/{shared.uid}/").status_code == 200
    assert labeler.get(f"models/{shared.uid}/").status_code == 404


def test_a_shared_base_names_no_run_of_another_project(cast, researcher):
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    shared = a_model(None)
    run = a_run(other, state="done", output_model=shared)
    assert str(run.uid) not in researcher.get(f"models/{shared.uid}/").content.decode()
    assert str(run.uid) not in researcher.get("projects/clinic/models/").content.decode()


def test_a_turn_is_started_followed_and_cancelled(cast, researcher):
    a_model(cast.project)
    rank(cast.labeler)
    demonstrate(cast.labeler, "Of course.")
    policy = {"prompts_per_loop": 1, "specs": {"reward": {"min_comparisons": 1}}}
    assert researcher.call("put", "projects/clinic/retrain-policy/", policy).status_code == 200
    started = researcher.post("projects/clinic/loops/", {"reason": "Fresh rankings."})
    answer = started.json()
    assert started.status_code == 202
    assert (answer["state"], answer["trigger"], answer["reason"]) == ("running", "hand", "Fresh rankings.")
    assert [station["name"] for station in answer["stations"]] == [
        "Demonstrations", "SFT", "Comparisons", "Reward model", "PPO", "Candidates", "Ranking",
    ]  # fmt: skip
    assert code(researcher.post("projects/clinic/loops/")) == (409, "loop_running")
    assert researcher.get(f"loops/{answer['uid']}/").json()["uid"] == answer["uid"]
    assert researcher.post(f"loops/{answer['uid']}/cancel/").json()["state"] == "cancelled"
    assert researcher.post(f"loops/{answer['uid']}/resume/").json()["state"] == "running"
    assert len(researcher.get("projects/clinic/loops/").json()["results"]) == 1


def test_a_turn_with_nothing_to_learn_from_is_refused(cast, researcher):
    a_model(cast.project)
    assert researcher.post("projects/clinic/loops/").status_code == 422


def test_the_policy_is_off_until_it_is_set(cast, researcher):
    off = researcher.get("projects/clinic/retrain-policy/").json()
    assert (off["enabled"], off["every_comparisons"], off["base_model"]) == (False, None, None)
    assert not RetrainPolicy.objects.exists()
    base = a_model(cast.project)
    wanted = {"enabled": True, "every_hours": 24, "base_model": str(base.uid), "specs": {"sft": {"epochs": 2}}}
    kept = researcher.call("put", "projects/clinic/retrain-policy/", wanted).json()
    assert {name: kept[name] for name in wanted} == wanted
    assert researcher.get("projects/clinic/retrain-policy/").json() == kept
    again = researcher.call("put", "projects/clinic/retrain-policy/", {}).json()
    assert (again["enabled"], again["every_hours"], again["specs"]) == (False, None, {})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"enabled": True}, "enabled"),
        ({"every_hours": 0}, "every_hours"),
        ({"every_comparisons": 10**30}, "every_comparisons"),
        ({"prompts_per_loop": "many"}, "prompts_per_loop"),
        ({"specs": {"ppo": {"episodes": 0}}}, None),
        ({"specs": {"magic": {}}}, None),
        ({"specs": {"ppo": {"device": "\x00"}}}, None),
        ({"specs": "x"}, "specs"),
        ({"base_model": NOBODY}, "base_model"),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused(cast, researcher, body, field):
    answer = researcher.call("put", "projects/clinic/retrain-policy/", body)
    assert answer.status_code == 422
    if field:
        assert answer.json()["error"]["details"]["field"] == field
    assert not RetrainPolicy.objects.exists()


def test_labelers_learn_nothing_of_models(cast, labeler):
    run, generation, loop = a_run(cast.project), a_generation(cast.project), a_loop(cast.project)
    for path in (
        "projects/clinic/models/", RUNS, "projects/clinic/generation-runs/", "projects/clinic/loops/",
        "projects/clinic/retrain-policy/", f"training-runs/{run.uid}/", f"training-runs/{run.uid}/metrics/",
        f"generation-runs/{generation.uid}/", f"loops/{loop.uid}/", f"models/{generation.model_version.uid}/",
    ):  # fmt: skip
        answer = labeler.get(path)
        assert answer.status_code == 403, path
        assert "my-" not in answer.content.decode()
