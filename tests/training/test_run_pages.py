"""The pages of runs, models and turns of the loop: without any script."""

import re

import pytest

from apps.labeling.models import Task
from apps.projects.services import project_create
from apps.registry.models import ModelVersion
from tests.make import make_completions, make_prompt
from tests.training.pages import BASE, HTMX, show, text_of
from tests.training.rows import (
    a_candidate_set,
    a_completion,
    a_generation,
    a_loop,
    a_model,
    a_run,
    a_snapshot,
    some_metrics,
)


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
    part = show(researcher, f"runs/{run.uid}/", headers=HTMX)
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


# --- without scripts --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("folder", "make"),
    [("runs", a_run), ("generations", a_generation), ("loops", a_loop), ("candidates", a_candidate_set)],
)
def test_what_is_at_work_reloads_its_page_until_it_is_over(cast, researcher, folder, make):
    reload = '<noscript><meta http-equiv="refresh" content="10"></noscript>'
    assert reload in show(researcher, f"{folder}/{make(cast.project, state='running').uid}/")
    assert "http-equiv" not in show(researcher, f"{folder}/{make(cast.project, state='failed').uid}/")
