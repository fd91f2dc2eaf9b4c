"""The training overview and the launch form, as a researcher meets them: without any script."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.health import QUEUES, Health, QueueHealth
from apps.registry.models import GenerationRun
from apps.training.domain.specs import parse_spec
from apps.training.models import LoopRun, RetrainPolicy, TrainingRun
from apps.training.services.retrain import retrain_policy_set
from tests.training.pages import BASE, HTMX, show, text_of
from tests.training.rows import a_generation, a_loop, a_model, a_run, a_snapshot


# --- the overview ---------------------------------------------------------------------------------
def test_an_empty_project_says_what_is_missing(researcher):
    page = text_of(show(researcher))
    assert "Demonstrations 0 written" in page
    assert page.count("no model yet") == 3
    assert "Never: somebody starts each turn by hand." in page
    assert "Start a turn" in page


def test_the_line_shows_where_the_turn_stands(cast, researcher):
    done, running = a_run(cast.project, "sft", "done"), a_run(cast.project, "reward", "running", step=3, steps_total=9)
    snapshot = a_snapshot(cast.project, "demonstrations")
    building = a_snapshot(cast.project, "prompts", state="building", rows=None, sha256="")
    a_loop(
        cast.project, demonstrations_snapshot=snapshot, rankings_snapshot=a_snapshot(cast.project), sft_run=done,
        reward_run=running, prompts_snapshot=building,
    )  # fmt: skip
    page = show(researcher)
    states = re.findall(r'<li class="station ([\w-]*)">', page)
    assert states == ["done", "done", "done", "running", "waiting", "waiting", "waiting"]
    assert "step 3 of 9" in text_of(page)
    assert "hx-trigger" in page
    assert "Start a turn</button>" not in page


def test_what_lies_at_the_stations_is_not_counted_at_every_poll(cast, researcher, monkeypatch):
    loop = a_loop(cast.project, reward_run=a_run(cast.project, "reward", "running", step=3, steps_total=9))
    with monkeypatch.context() as patch:
        patch.setattr("apps.training.selectors.stations.stock_of", None)
        polled = show(researcher, headers=HTMX)
    assert polled.count("hx-preserve></p>") == 4
    assert "step 3 of 9" in text_of(polled)

    LoopRun.objects.filter(pk=loop.pk).update(state="done", finished_at=timezone.now(), tasks_created=2)
    ended = show(researcher, headers=HTMX)
    assert "Demonstrations 0 written" in text_of(ended)
    assert "hx-preserve" not in ended


def test_turns_say_why_they_started_and_how_they_ended(cast, researcher):
    a_loop(cast.project, "failed", reason="500 new comparisons.", failure="The reward run failed: out of memory.")
    a_loop(cast.project, "done", tasks_created=48)
    page = text_of(show(researcher))
    assert "500 new comparisons. failed The reward run failed: out of memory." in page
    assert "48 ranking tasks made" in page


def test_a_turn_that_cannot_start_says_why(researcher):
    answer = researcher.post(BASE + "loops/", {"reason": "Now"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not LoopRun.objects.exists()


def test_the_retrain_policy_is_kept_and_shown(cast, researcher):
    base = a_model(cast.project)
    given = {"enabled": "on", "every_comparisons": "500", "prompts_per_loop": "20", "base_model": str(base.uid)}
    specs = '{"ppo": {"episodes": 640}}'
    answer = researcher.post(BASE + "policy/", given | {"specs": specs})
    assert answer.status_code == 303
    policy = RetrainPolicy.objects.get()
    assert (policy.enabled, policy.every_comparisons, policy.base_model, policy.specs) == (
        True, 500, base, {"ppo": {"episodes": 640}},
    )  # fmt: skip
    page = show(researcher)
    assert "After 500 new comparisons." in page
    assert "&quot;episodes&quot;: 640" in page


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"enabled": "on", "prompts_per_loop": "20"}, "say when a turn starts"),
        ({"prompts_per_loop": "20", "specs": '{"ppo": {"episodes": 0}}'}, "episodes"),
        ({"prompts_per_loop": "20", "specs": "{"}, "This is not JSON"),
        ({"prompts_per_loop": "20", "specs": "[" * 10_000}, "This is not JSON"),
        ({"prompts_per_loop": "20", "specs": "[1]"}, "An object of settings"),
        ({"prompts_per_loop": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_policy_that_breaks_a_rule_says_so_beside_the_field(researcher, given, sentence):
    answer = researcher.post(BASE + "policy/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert '<details id="policy-form" open>' in page
    assert not RetrainPolicy.objects.exists()


# --- the launch form ------------------------------------------------------------------------------
def test_a_run_is_launched_with_what_was_chosen(cast, researcher):
    given = {"steps": "7", "learning_rate": "0.001", "model_name": "tiny", "reason": "To see."}
    answer = researcher.post(BASE + "start/pretrain/", given)
    run = TrainingRun.objects.get()
    assert answer.headers["Location"] == f"{BASE}runs/{run.uid}/"
    assert (run.spec["steps"], run.spec["learning_rate"], run.spec["batch_size"]) == (7, 0.001, 16)
    assert (run.model_name, run.reason, run.requested_by) == ("tiny", "To see.", cast.researcher.user)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [("steps", "0", "steps: it must be from 1"), ("learning_rate", "0", "learning_rate: it must be over 0"), ("width", "100", "must be a multiple")],
)  # fmt: skip
def test_a_broken_rule_stands_beside_its_setting(researcher, setting, value, sentence):
    answer = researcher.post(BASE + "start/pretrain/", {setting: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf'id="id_{setting}_error">[^<]*{re.escape(sentence)}', page)
    assert '<details id="settings" open>' in page
    assert not TrainingRun.objects.exists()


def test_only_what_suits_can_be_chosen_and_the_newest_is(cast, researcher):
    a_snapshot(cast.project, "demonstrations")
    newest = a_snapshot(cast.project, "demonstrations")
    unfit = [
        a_snapshot(cast.project, "rankings"), a_snapshot(cast.project, "demonstrations", purpose="evaluation"),
        a_model(cast.project, "reward", state="retired"), a_model(cast.project, "base", state="retired"),
    ]  # fmt: skip
    page = show(researcher, "start/sft/")
    assert f'<option value="{newest.uid}" selected>' in page
    assert not [row for row in unfit if str(row.uid) in page]
    assert "There is no ready model of this role yet." in page


def test_ppo_starts_from_the_newest_sft_model_unless_told_otherwise(cast, researcher):
    """It is also what the KL is measured from: a policy as a start is a choice, not a default."""
    sft, policy = a_model(cast.project, "sft"), a_model(cast.project, "policy")
    page = show(researcher, "start/ppo/")
    assert f'<option value="{sft.uid}" selected>' in page
    assert f'<option value="{policy.uid}">' in page


def test_candidates_are_asked_for_from_the_same_form(cast, researcher):
    model, snapshot = a_model(cast.project, "policy"), a_snapshot(cast.project, "prompts")
    given = {"model_version": str(model.uid), "snapshot": str(snapshot.uid), "samples": "2"}
    answer = researcher.post(BASE + "start/generate/", given)
    run = GenerationRun.objects.get()
    assert answer.headers["Location"] == f"{BASE}generations/{run.uid}/"
    assert (run.model_version, run.input.snapshot, run.spec["samples"]) == (model, snapshot, 2)


def test_starting_again_begins_with_the_same_settings_and_inputs(cast, researcher):
    run = a_run(cast.project, "sft", "failed", spec=parse_spec("sft", {"epochs": 3}).to_json())
    page = show(researcher, f"start/sft/?from={run.uid}")
    assert f'<option value="{run.snapshot.uid}" selected>' in page
    assert re.search(r'<input[^>]*name="epochs"[^>]*value="3"|<input[^>]*value="3"[^>]*name="epochs"', page)


def test_a_new_run_begins_with_the_settings_of_the_loop(cast, researcher):
    retrain_policy_set(actor=None, project=cast.project, specs={"reward": {"batch_size": 8}})
    (reward,), (sft,) = (
        re.findall(r'<input[^>]*name="batch_size"[^>]*>', show(researcher, f"start/{one}/"))
        for one in ("reward", "sft")
    )
    assert 'value="8"' in reward
    assert "value=" not in sft


def test_another_kind_is_not_there(researcher):
    show(researcher, "start/magic/", status=404)


# --- workers --------------------------------------------------------------------------------------
def test_a_queue_that_nobody_takes_from_is_warned_of(cast, researcher, monkeypatch):
    queues = [
        QueueHealth("web", "", 0, []),
        QueueHealth("train", QUEUES["train"], 2, []),
        QueueHealth("generate", "", 0, ["g@x"]),
    ]
    monkeypatch.setattr("apps.training.views.overview.recent_health", lambda: Health(True, "", queues))
    part = show(researcher, "workers/", headers=HTMX)
    said = text_of(part)
    assert "No worker takes training runs here now. What is started is kept, waits, and begins by itself" in said
    assert "these workers are left out: end it, and start it with" in said
    assert "worker -Q train" in part
    assert "worker -Q generate" not in part
    assert f'hx-get="{BASE}workers/"' in show(researcher)
    assert "No worker" not in show(researcher, "workers/?queue=generate", headers=HTMX)
    queued = a_run(cast.project)
    assert f'hx-get="{BASE}workers/?queue=train"' in show(researcher, f"runs/{queued.uid}/")


def test_an_installation_without_training_says_so_once(researcher, monkeypatch):
    queues = [QueueHealth(name, QUEUES[name], 0, []) for name in ("train", "generate")]
    monkeypatch.setattr("apps.training.views.overview.recent_health", lambda: Health(True, "", queues))
    part = show(researcher, "workers/", headers=HTMX)
    assert part.count("TRAIN=0") == 1
    assert "No worker takes training runs and generation runs here now: nothing is trained, and no" in text_of(part)
    assert "worker -Q train" in part
    assert "worker -Q generate" in part


def test_without_scripts_the_workers_are_asked_on_a_page_of_their_own(researcher):
    answer = researcher.get(BASE + "workers/")
    assert answer.headers["Location"] == "/p/clinic/operations/workers/"


@pytest.mark.parametrize("path", ["", "models/"])
def test_more_rows_cost_no_more_queries(cast, researcher, path):
    def rows():
        for state in ("done", "failed"):
            run = a_run(cast.project, "ppo", state)
            a_generation(cast.project, state)
            a_loop(cast.project, state, ppo_run=run, demonstrations_snapshot=a_snapshot(cast.project, "demonstrations"))

    rows()
    with CaptureQueriesContext(connection) as few:
        show(researcher, path)
    for _ in range(3):
        rows()
    with CaptureQueriesContext(connection) as many:
        show(researcher, path)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "address", [BASE, *(f"/api/v1/projects/clinic/{name}/" for name in ("loops", "training-runs", "generation-runs"))]
)
def test_a_list_of_runs_and_turns_reads_no_report_of_them(cast, researcher, address):
    """Pages ask for it every three seconds, and a report with its card is long, and stands in the manifest once more."""
    made = {f"{kind}_run": a_run(cast.project, kind, "done") for kind in ("sft", "reward", "ppo")}
    a_loop(cast.project, "done", tasks_created=1, sft_generation=a_generation(cast.project), **made)
    with CaptureQueriesContext(connection) as queries:
        assert researcher.get(address).status_code == 200
    asked = " ".join(query["sql"] for query in queries)
    assert not [name for name in ('"report"', '"log_tail"', '"manifest"', '"facts"') if name in asked]
