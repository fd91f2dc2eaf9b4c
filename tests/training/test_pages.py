"""The pages of training, as a researcher meets them: without any script."""

import re

import pytest
from django.test import Client

from apps.core.health import Health, QueueHealth
from apps.labeling.models import Task
from apps.projects.services import project_create
from apps.registry.models import GenerationRun, ModelVersion
from apps.training.domain.specs import parse_spec
from apps.training.models import LoopRun, RetrainPolicy, TrainingRun
from tests.make import make_completions, make_prompt
from tests.training.rows import a_completion, a_generation, a_loop, a_model, a_run, a_snapshot, some_metrics

BASE = "/p/clinic/training/"


@pytest.fixture
def researcher(cast) -> Client:
    client = Client()
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(page: str) -> str:
    """What a reader sees of a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def show(client: Client, path: str = "", status: int = 200, **extra) -> str:
    answer = client.get(BASE + path, **extra)
    assert answer.status_code == status
    return answer.content.decode()


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
        a_model(cast.project, "reward"), a_model(cast.project, "base", state="retired"),
    ]  # fmt: skip
    page = show(researcher, "start/sft/")
    assert f'<option value="{newest.uid}" selected>' in page
    assert not [row for row in unfit if str(row.uid) in page]
    assert "There is no ready model of this role yet." in page


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


def test_another_kind_is_not_there(researcher):
    show(researcher, "start/magic/", status=404)


# --- a run ----------------------------------------------------------------------------------------
def test_a_failed_run_says_why_and_offers_to_go_on(cast, researcher):
    run = a_run(cast.project, state="failed", log_tail="step 7\n<script>alert(1)</script>", notice="Lost once.")
    page = show(researcher, f"runs/{run.uid}/")
    assert "The program failed" in page
    assert "It broke." in page
    assert "Lost once." in page
    assert "&lt;script&gt;alert(1)" in page
    assert f'action="{BASE}runs/{run.uid}/resume/"' in page
    assert f'href="{BASE}start/pretrain/?from={run.uid}"' in page
    assert 'hx-trigger="every' not in page


def test_an_unfinished_run_is_followed_and_can_be_cancelled(cast, researcher):
    run = a_run(cast.project, state="running", step=3, steps_total=10)
    some_metrics(run, loss=[3.0, 2.0, 1.5])
    page = show(researcher, f"runs/{run.uid}/")
    assert f'hx-get="{BASE}runs/{run.uid}/" hx-trigger="every 2s"' in page
    assert '<progress value="3" max="10"' in page
    assert "lowest 1.5, highest 3, last 1.5" in page
    part = show(researcher, f"runs/{run.uid}/", headers={"HX-Request": "true"})
    assert part.lstrip().startswith('<div id="run"')
    assert "<html" not in part
    answer = researcher.post(BASE + f"runs/{run.uid}/cancel/")
    assert answer.status_code == 303
    run.refresh_from_db()
    assert run.cancel_requested_at is not None
    assert "Cancel the run" not in show(researcher, f"runs/{run.uid}/")


def test_cancelling_what_is_over_is_refused_in_a_sentence(cast, researcher):
    run = a_run(cast.project, state="cancelled")
    answer = researcher.post(BASE + f"runs/{run.uid}/cancel/")
    assert answer.status_code == 409
    assert "The run is cancelled already." in answer.content.decode()


def test_a_cancelled_run_is_resumed(cast, researcher):
    run = a_run(cast.project, state="cancelled")
    researcher.post(BASE + f"runs/{run.uid}/resume/")
    run.refresh_from_db()
    assert run.state == "queued"


def test_a_reward_run_shows_its_accuracy_beside_what_it_must_beat(cast, researcher):
    share = {"accuracy": 0.7, "low": 0.66, "high": 0.74, "pairs": 500, "prompts": 80}
    report = {
        "held_out": share, "train": None, "baselines": {"length": {"accuracy": 0.55, "low": 0.5, "high": 0.6}},
        "agreement": None, "why_no_agreement": "No prompt was ranked by two labelers.", "left_out": {"only ties": 2},
    }  # fmt: skip
    run = a_run(cast.project, "reward", "done", report=report)
    page = text_of(show(researcher, f"runs/{run.uid}/"))
    assert "It beats the rule that the longer reply is better" in page
    assert "No prompt was ranked by two labelers." in page
    assert re.search(r"The model, on held-out prompts 70\.0 % 66\.0 to 74\.0 % 500 80", page)
    assert "Left out: 2 only ties." in page


def test_a_policy_run_shows_hostile_samples_side_by_side(cast, researcher):
    sample = {
        "prompt_uid": "u", "messages": [{"role": "user", "content": "<script>alert(0)</script>"}],
        "before": "<img src=x onerror=alert(1)>", "after": "**fine**", "reward_before": -1, "reward_after": 2,
    }  # fmt: skip
    run = a_run(cast.project, "ppo", "done", report={"reward_before": 0.1, "reward_after": 0.9, "samples": [sample]})
    page = show(researcher, f"runs/{run.uid}/")
    assert "<strong>fine</strong>" in page
    assert "<img" not in page
    assert "<script>alert" not in page
    assert "reward -1" in page


def test_inputs_and_output_lead_on(cast, researcher):
    run = a_run(cast.project, "ppo", "done")
    page = show(researcher, f"runs/{run.uid}/")
    for model in (run.parent_model, run.reward_model, run.output_model):
        assert f'href="{BASE}models/{model.uid}/"' in page
    assert f'href="/p/clinic/snapshots/{run.snapshot.uid}/"' in page


# --- models ---------------------------------------------------------------------------------------
def test_a_policys_page_tells_its_whole_chain(cast, researcher):
    base = a_model(cast.project)
    sft = a_run(cast.project, "sft", "done", parent_model=base).output_model
    rankings = a_snapshot(cast.project, rows=1204)
    reward = a_run(cast.project, "reward", "done", parent_model=sft, snapshot=rankings).output_model
    policy = a_run(cast.project, "ppo", "done", parent_model=sft, reward_model=reward).output_model
    page = show(researcher, f"models/{policy.uid}/")
    chain = page[page.index('class="chain"') : page.index('aria-labelledby="uses"')]
    assert chain.index(str(base)) < chain.index(str(sft)) < chain.index(str(policy))
    assert f"{BASE}models/{reward.uid}/" in chain
    assert "1,204 rankings" in chain
    assert f"{BASE}models/{policy.uid}/" in show(researcher, f"models/{reward.uid}/")


def test_a_shared_bases_page_says_nothing_of_other_projects(cast, researcher):
    shared = a_model(None)
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    theirs = a_run(other, "sft", "done", parent_model=shared)
    wrote = a_generation(other, "done", model_version=shared)
    a_completion(wrote, make_prompt(other))
    page = show(researcher, f"models/{shared.uid}/")
    assert "<strong>0</strong> completions" in page
    for uid in (theirs.output_model.uid, theirs.uid, wrote.uid):
        assert str(uid) not in page


def test_a_base_is_registered_from_the_hub(cast, researcher):
    given = {"name": "gpt2", "source": "hub", "location": "openai-community/gpt2", "revision": "main"}
    answer = researcher.post(BASE + "models/", given)
    model = ModelVersion.objects.get()
    assert answer.headers["Location"] == f"{BASE}models/{model.uid}/"
    assert (model.role, model.state, model.artifact_uri) == ("base", "ready", "hub:openai-community/gpt2@main")


def test_a_base_that_is_nowhere_is_refused_beside_its_location(researcher):
    answer = researcher.post(BASE + "models/", {"name": "x", "source": "folder", "location": "../etc"})
    assert answer.status_code == 422
    assert re.search(r'id="id_location_error">[^<]*model', answer.content.decode())


# --- generation runs and turns --------------------------------------------------------------------
def test_a_generation_run_shows_what_it_wrote_and_which_tasks_hold_it(cast, researcher):
    run = a_generation(cast.project, "done")
    prompt = make_prompt(cast.project, "Why is the sky blue?")
    ours = [a_completion(run, prompt, index) for index in range(2)]
    others = make_completions(prompt, ["Three", "Four"], model="other")
    for pair in (ours, others):
        pks = [completion.pk for completion in pair]
        Task.objects.create(
            project=cast.project, prompt=prompt, kind="rank", candidates=pks, candidate_set=sorted(pks), required=1,
            open_slots=1,
        )  # fmt: skip
    page = text_of(show(researcher, f"generations/{run.uid}/"))
    assert "2 completions in 1 task " in page
    assert page.count("Why is the sky blue?") == 1


def test_a_turns_page_leads_to_every_row_of_it(cast, researcher):
    sft, reward = a_run(cast.project, "sft", "done"), a_run(cast.project, "reward", "failed")
    snapshot = a_snapshot(cast.project, "demonstrations")
    loop = a_loop(cast.project, "failed", demonstrations_snapshot=snapshot, sft_run=sft, reward_run=reward)
    page = show(researcher, f"loops/{loop.uid}/")
    for path in (f"{BASE}runs/{sft.uid}/", f"{BASE}runs/{reward.uid}/", f"/p/clinic/snapshots/{snapshot.uid}/"):
        assert f'href="{path}"' in page
    assert "not reached" in page
    assert "a turn of the loop" in show(researcher, f"runs/{sft.uid}/")


def test_a_turn_is_cancelled_from_its_page(cast, researcher):
    run = a_run(cast.project, "sft")
    loop = a_loop(cast.project, sft_run=run)
    assert researcher.post(BASE + f"loops/{loop.uid}/cancel/").status_code == 303
    loop.refresh_from_db()
    run.refresh_from_db()
    assert (loop.state, run.state) == ("cancelled", "cancelled")


# --- workers --------------------------------------------------------------------------------------
def test_a_queue_that_nobody_takes_from_is_warned_of(cast, researcher, monkeypatch):
    queues = [QueueHealth("web", "", 0, []), QueueHealth("train", "", 2, []), QueueHealth("generate", "", 0, ["g@x"])]
    monkeypatch.setattr("apps.training.views.overview.recent_health", lambda: Health(True, "", queues))
    part = show(researcher, "workers/", headers={"HX-Request": "true"})
    assert part.count("No worker takes from the queue") == 1
    assert "<code>train</code>" in part
    assert "worker -Q train" in part
    assert f'hx-get="{BASE}workers/"' in show(researcher)
    assert "No worker" not in show(researcher, "workers/?queue=generate", headers={"HX-Request": "true"})
    queued = a_run(cast.project)
    assert f'hx-get="{BASE}workers/?queue=train"' in show(researcher, f"runs/{queued.uid}/")


def test_without_scripts_the_workers_are_asked_on_a_page_of_their_own(researcher):
    answer = researcher.get(BASE + "workers/")
    assert answer.headers["Location"] == "/p/clinic/operations/workers/"
