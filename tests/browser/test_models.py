"""Models as a researcher meets them: found, compared, taken out of use; and readable everywhere, full of facts."""

from typing import Any

import pytest
from playwright.sync_api import expect

from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.training.domain.specs import parse_spec
from tests.browser.axe import sideways, violations_in_both_themes
from tests.cast import Cast
from tests.make import make_completions, make_prompt
from tests.training.rows import a_completion, a_generation, a_model, a_run
from tests.training.test_preferred import a_task, judge

MODELS = "/p/clinic/training/models/"
FACTS = {
    "architecture": "LlamaForCausalLM", "family": "llama", "layers": 22, "width": 2_048, "heads": 32, "vocabulary": 32_000,
    "context": 2_048, "parameters": 1_100_048_384, "types": {"BF16": 1_100_048_384}, "bytes": 2_200_119_864,
    "template_sha256": "c" * 64, "template_is_plain": False, "pickled": ["pytorch_model.bin"],
    "files": {
        name: {"sha256": letter * 64, "size": size}
        for name, letter, size in (("config.json", "a", 608), ("model.safetensors", "b", 2_200_119_864))
    },
}  # fmt: skip


def a_family(project: Project) -> dict[str, ModelVersion]:
    """A base of the hub with a family, one behind a server, and replies of two policies ranked by people."""
    base = ModelVersion.objects.create(
        project=project, name="TinyLlama", role="base", state="ready", artifact_uri="hub:TinyLlama/TinyLlama-1.1B@main",
        facts=FACTS, licence="apache-2.0", manifest={"source": {"hub": "TinyLlama/TinyLlama-1.1B", "revision": "main"}},
    )  # fmt: skip
    asked = ModelVersion.objects.create(
        project=project, name="qwen-72b", role="policy", state="ready", artifact_uri="endpoint:vllm/Qwen/Qwen2.5-72B"
    )
    sft = a_run(project, "sft", "done", parent_model=base, report={"train_loss": 1.62, "validation_loss": 1.71, "demonstrations": 812}).output_model  # fmt: skip
    judges = [_reward(project, sft, share, epochs) for share, epochs in ((0.702, 1), (0.655, 3))]
    runs = [_ppo(project, sft, judges[0], *found) for found in ((0.02, 0.26, 1.4), (0.05, 0.19, 0.8))]
    policies = [run.output_model for run in runs]
    a_model(project, "sft", name="an-old-try-with-a-rather-long-name", parent=base, state="retired")
    _rank(project, policies)
    return {"base": base, "asked": asked, "sft": sft, "reward": judges[0], "policy": policies[0], "other": policies[1]}


def _reward(project: Project, parent: ModelVersion, share: float, epochs: int) -> ModelVersion:
    held = {"accuracy": share, "low": share - 0.06, "high": share + 0.05, "pairs": 361, "prompts": 21}
    card = {"calibration": {"ece": {"value": 0.04, "low": 0.02, "high": 0.07}}, "sentinels": {"accuracy": 0.75, "low": 0.6, "high": 0.87}}  # fmt: skip
    run = a_run(
        project, "reward", "done", parent_model=parent, report={"held_out": held, "card": card, "comparisons": 3_603},
        spec=parse_spec("reward", {"epochs": epochs}).to_json(),
    )  # fmt: skip
    made: ModelVersion = run.output_model
    return made


def _ppo(project: Project, parent: ModelVersion, reward: ModelVersion, beta: float, after: float, kl: float) -> Any:
    spec, report = parse_spec("ppo", {"beta": beta}).to_json(), {"reward_after": after, "kl": kl, "eos_after": 0.98}
    return a_run(project, "ppo", "done", parent_model=parent, reward_model=reward, spec=spec, report=report)


def _rank(project: Project, policies: list[ModelVersion]) -> None:
    runs = [a_generation(project, "done", model_version=policy) for policy in policies]
    for number in range(12):
        prompt = make_prompt(project)
        completions = [*(a_completion(run, prompt) for run in runs), *make_completions(prompt, ["Another"])]
        judge(a_task(project, completions, prompt), [[1, 2, 3], [2, 1, 2], [1, 1, 2], [1, 3, 2]][number % 4])


@pytest.fixture
def family(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelVersion]:
    monkeypatch.setattr("apps.core.health._queues", list)  # each visit would wait for workers
    return a_family(cast.project)


def pages_of(family: dict[str, ModelVersion]) -> list[str]:
    both = f"model={family['policy'].uid}&model={family['other'].uid}"
    four = f"{both}&model={family['reward'].uid}&model={family['base'].uid}"
    ones = [f"{family[name].uid}/" for name in ("base", "asked", "policy")]
    return [MODELS + path for path in ("", "family/", "compare/", f"compare/?{both}", f"compare/?{four}", *ones)]


def test_pages_full_of_facts_can_be_used_by_everybody(cast: Cast, family: Any, open_page: Any):
    page = open_page(cast.researcher.user, reduced_motion="reduce")
    wrong = []
    for path in pages_of(family):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        wrong += [f"{path} {one}" for one in [*violations_in_both_themes(page), *sideways(page, 360, 740)]]
    assert wrong == [], "\n".join(wrong)


def test_two_are_chosen_and_compared(cast: Cast, family: Any, open_page: Any):
    page = open_page(cast.researcher.user)
    page.goto(MODELS + "?role=policy")
    for name in ("policy", "other"):
        page.get_by_role("checkbox", name=f"Compare {family[name]}").check()
    page.get_by_role("button", name="Compare the chosen").click()
    expect(page.get_by_role("heading", name="Whose replies people ranked higher")).to_be_visible()
    # The list is newest first, and so are the columns.
    expect(page.get_by_text("3 above, 3 tied, 6 below; 12 prompts")).to_be_visible()
    expect(page.locator("#settings")).to_have_text("Settings that differ")
    expect(page.get_by_role("row", name="beta 0.05 0.02")).to_be_visible()


def test_a_model_is_taken_out_of_use_and_back(cast: Cast, family: Any, open_page: Any):
    page = open_page(cast.researcher.user)
    page.goto(f"{MODELS}{family['asked'].uid}/")
    page.get_by_label("Licence").fill("qwen")
    page.get_by_role("button", name="Keep this licence").click()
    expect(page.get_by_text("Nobody has said under which licence")).to_have_count(0)
    page.get_by_role("button", name="Retire it").click()
    expect(page.get_by_text("no new run may read it. What it made")).to_be_visible()
    page.get_by_role("button", name="Take it into use again").click()
    expect(page.get_by_role("button", name="Retire it")).to_be_visible()
