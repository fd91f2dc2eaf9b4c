"""The training pages in a real browser: they follow a run, and are readable by everybody on every screen."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.training.models import LoopRun, TrainingRun
from tests.browser.axe import sideways, violations_in_both_themes
from tests.make import make_rank_task
from tests.training.rows import a_generation, a_loop, a_model, a_run, a_snapshot, some_metrics

BASE = "/p/clinic/training/"
SHARE = {"accuracy": 0.7, "low": 0.66, "high": 0.74, "pairs": 500, "prompts": 80}
REWARD = {
    "held_out": SHARE, "train": SHARE, "baselines": {"length": {"accuracy": 0.55, "low": 0.5, "high": 0.6}},
    "agreement": {**SHARE, "on": "held-out prompts"}, "left_out": {"prompts over 64 tokens": 2},
}  # fmt: skip
PPO = {
    "reward_before": 0.1, "reward_after": 0.9, "kl": 3.0, "stopped": "kl",
    "samples": [
        {"prompt_uid": "u", "messages": [{"role": "user", "content": "A\nlong " + "word" * 60}], "before": "# One",
         "after": "`two`", "reward_before": -1, "reward_after": 2}
    ],
}  # fmt: skip


@pytest.fixture
def pages(cast) -> list[str]:
    """Every page of training, with rows behind it."""
    project = cast.project
    reward = a_run(project, "reward", "done", report=REWARD, log_tail="step 1\n" * 40, step=3, steps_total=3)
    ppo = a_run(project, "ppo", "running", report=PPO, step=1, steps_total=4, notice="It was interrupted once.")
    failed = a_run(project, "sft", "failed", failure="The loss is not a number " * 6, failure_kind="diverged")
    for run in (reward, ppo, failed):
        some_metrics(run, loss=[3.0, 2.0, 1.5], a_metric_with_a_very_long_name_indeed=[1e-9, 2e-9])
    wrote = a_generation(project, "done", report={"mean_tokens": 3.5, "finish_reasons": {"stop": 3}})
    loop = a_loop(
        project, demonstrations_snapshot=a_snapshot(project, "demonstrations"), reward_run=reward, ppo_run=ppo
    )
    a_loop(project, "failed", sft_run=failed, failure="The SFT run failed: " + "x" * 200)
    model = a_model(
        project, "policy", manifest={"program": "ppo", "files": {"model.safetensors": {"sha256": "a" * 64}}}
    )
    return [
        BASE, f"{BASE}start/ppo/", f"{BASE}models/", f"{BASE}models/{model.uid}/", f"{BASE}loops/{loop.uid}/",
        f"{BASE}generations/{wrote.uid}/", *(f"{BASE}runs/{run.uid}/" for run in (reward, ppo, failed)),
    ]  # fmt: skip


def open_all(page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def test_training_pages_can_be_used_by_everybody(cast, pages, open_page):
    """Under axe in both themes, everything unfolded, and on a phone without scrolling sideways."""
    page, wrong = open_page(cast.researcher.user, reduced_motion="reduce"), []
    for path in pages:
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto(path)
        open_all(page)
        wrong += [f"{path} {one}" for one in violations_in_both_themes(page) + sideways(page, 360, 740)]
    assert wrong == [], "\n".join(wrong)


def test_a_run_is_followed_and_what_was_opened_stays_open(cast, open_page):
    run = a_run(cast.project, state="running", step=2, steps_total=9)
    some_metrics(run, loss=[3.0, 2.0])
    page = open_page(cast.researcher.user)
    page.goto(f"{BASE}runs/{run.uid}/")
    expect(page.get_by_text("step 2 of 9")).to_be_visible()
    page.locator("#numbers-loss summary").click()
    first_path = page.locator(".plot .line").get_attribute("d")

    run.metrics.create(name="loss", step=3, value=1.0)
    TrainingRun.objects.filter(pk=run.pk).update(step=3)
    expect(page.get_by_text("step 3 of 9")).to_be_visible()
    assert page.locator("#numbers-loss").evaluate("one => one.open")
    expect(page.locator("#numbers-loss tbody tr")).to_have_count(3)
    assert page.locator(".plot .line").get_attribute("d") != first_path

    run.refresh_from_db()
    run.state, run.claim_token, run.finished_at = "cancelled", None, run.started_at
    run.save()
    expect(page.locator("#run .status")).to_have_text("cancelled")
    expect(page.get_by_role("button", name="Resume from the last checkpoint")).to_be_visible()
    assert page.locator("#run").get_attribute("hx-trigger") is None


def test_a_turn_is_followed_and_what_was_counted_stays_to_its_end(cast, open_page):
    make_rank_task(cast.project, k=2)
    run = a_run(cast.project, "reward", "running", step=3, steps_total=9)
    loop = a_loop(cast.project, reward_run=run)
    page = open_page(cast.researcher.user)
    page.goto(BASE)
    expect(page.locator("#stations")).to_contain_text("1 tasks open")

    make_rank_task(cast.project, k=2)
    TrainingRun.objects.filter(pk=run.pk).update(step=4)
    expect(page.get_by_text("step 4 of 9")).to_be_visible()
    expect(page.locator("#stations")).to_contain_text("1 tasks open")

    LoopRun.objects.filter(pk=loop.pk).update(state="done", finished_at=timezone.now(), tasks_created=1)
    expect(page.locator("#stations")).to_contain_text("2 tasks open")
    assert page.locator("#stations").get_attribute("hx-trigger") is None


def test_without_scripts_a_run_is_launched_and_cancelled(cast, open_page):
    page = open_page(cast.researcher.user, java_script_enabled=False)
    page.goto(f"{BASE}start/pretrain/")
    page.get_by_text("Settings of the program").click()
    page.get_by_label("Steps", exact=True).fill("7")
    page.get_by_role("button", name="Start the run").click()
    expect(page.locator("#run .status")).to_have_text("queued")
    assert TrainingRun.objects.get().spec["steps"] == 7
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.locator("#run .status")).to_have_text("cancelled")
