"""The pages of models: found, traced, compared, kept in order."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.registry.models import ModelVersion
from apps.training.domain.specs import parse_spec
from apps.training.selectors.family import DEEPEST, family_of
from apps.training.selectors.side_by_side import chosen_models, side_by_side
from tests.make import make_prompt
from tests.training.pages import BASE, show, text_of
from tests.training.rows import a_completion, a_generation, a_model, a_run, a_snapshot
from tests.training.test_preferred import a_task, judge

MODELS = BASE + "models/"


# --- the list -------------------------------------------------------------------------------------
def test_models_are_found_by_role_state_and_name(cast, researcher):
    for role, state, name in (("base", "ready", "small"), ("sft", "ready", "small-sft"), ("sft", "retired", "old")):
        a_model(cast.project, role, state=state, name=name)

    def found(query):
        return sorted(re.findall(r'<th scope="row"><a [^>]*>([\w-]+) \d+</a>', show(researcher, f"models/?{query}")))

    assert found("") == ["old", "small", "small-sft"]
    assert found("role=sft") == ["old", "small-sft"]
    assert found("role=sft&state=ready") == ["small-sft"]
    assert found("name=SMALL") == ["small", "small-sft"]
    assert found("role=magic") == ["old", "small", "small-sft"]
    assert "No model fits." in show(researcher, "models/?name=none")


def test_a_servers_model_is_registered_from_the_page(cast, researcher, settings):
    assert "On the server" not in show(researcher, "models/")
    settings.ENDPOINT_NAMES = frozenset({"vllm"})
    assert "On the server vllm" in show(researcher, "models/")
    given = {"name": "big", "source": "endpoint:vllm", "location": "org/big", "role": "policy", "licence": "llama3"}
    answer = researcher.post(MODELS, given)
    model = ModelVersion.objects.get()
    assert answer.headers["Location"] == f"{MODELS}{model.uid}/"
    assert (model.artifact_uri, model.role, model.licence) == ("endpoint:vllm/org/big", "policy", "llama3")
    page = show(researcher, f"models/{model.uid}/")
    assert "server vllm: org/big" in page
    assert f'href="{BASE}start/generate/"' in page
    assert f'href="{BASE}start/sft/"' not in page
    assert researcher.post(MODELS, {**given, "source": "endpoint:other"}).status_code == 422


# --- one ------------------------------------------------------------------------------------------
def notes_on(researcher, model):
    return re.findall(r"<li>([^<]*)</li>", show(researcher, f"models/{model.uid}/").partition('class="notes"')[2].partition("</ul>")[0])  # fmt: skip


def test_a_page_shows_what_its_files_say(cast, researcher):
    facts = {
        "architecture": "LlamaForCausalLM", "parameters": 1_240_000_000, "layers": 22, "types": {"BF16": 1}, "bytes": 2_000,
        "template_sha256": "a" * 64, "template_is_plain": True, "files": {"config.json": {"size": 12, "sha256": "b" * 64}},
    }  # fmt: skip
    page = text_of(show(researcher, f"models/{a_model(cast.project, facts=facts, licence='mit').uid}/"))
    for told in ("LlamaForCausalLM", "1.24 billion", "22", "BF16", "a" * 64, "teaches it this plain one", "config.json", "b" * 64, "mit"):  # fmt: skip
        assert told.replace("'", "&#x27;") in page or told in page


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("hub:org/name", "names no revision"), ("hub:org/name@main", "revision main is no full commit"),
        (f"hub:org/name@{'a' * 40}", None),
    ],
)  # fmt: skip
def test_a_revision_that_may_move_is_warned_of(cast, researcher, uri, sentence):
    model = ModelVersion.objects.create(project=cast.project, name="x", role="base", artifact_uri=uri, state="ready", licence="mit")  # fmt: skip
    notes = notes_on(researcher, model)
    assert len(notes) == (sentence is not None)
    assert sentence is None or sentence in notes[0]


def test_what_differs_from_the_parent_is_said(cast, researcher):
    base = a_model(cast.project, facts={"template_sha256": "a" * 64}, licence="mit")
    manifest = {"renderer": {"template_sha256": "b" * 64}, "inputs": {"model": "0" * 64}}
    child = a_model(cast.project, "sft", parent=base, manifest=manifest, licence="mit")
    notes = notes_on(researcher, child)
    assert [f"is not that of {base}" in notes[0], f"registered of {base}" in notes[1], len(notes)] == [True, True, 2]
    same = {"renderer": {"template_sha256": "a" * 64}, "inputs": {"model": base.artifact_sha256}}
    assert notes_on(researcher, a_model(cast.project, "sft", parent=base, manifest=same, licence="mit")) == []


def test_which_commit_of_a_hub_was_read_is_told(cast, researcher):
    run = a_run(cast.project, "sft", "done", output_model=a_model(cast.project, "sft", manifest={"inputs": {"model": f"hub:org/name@{'a' * 40}"}}))  # fmt: skip
    page = text_of(show(researcher, f"models/{run.output_model.uid}/"))
    assert f"which read org/name@{'a' * 40}" in page


@pytest.mark.parametrize("manifest", [{}, {"renderer": 3, "inputs": [], "files": 7}, {"inputs": {"model": 3}}])
def test_manifests_of_other_programs_are_shown_too(cast, researcher, manifest):
    model = a_model(cast.project, "sft", parent=a_model(cast.project), manifest=manifest, facts={"pickled": "x"})
    show(researcher, f"models/{model.uid}/")


def test_a_refused_one_says_why(cast, researcher):
    model = a_model(cast.project, state="refused", problem="model.safetensors is cut short.")
    page = text_of(show(researcher, f"models/{model.uid}/"))
    assert "Its files were refused" in page
    assert "model.safetensors is cut short." in page
    assert "Retire it" not in page


def test_where_its_replies_went(cast, researcher):
    run = a_generation(cast.project, "done")
    prompt = make_prompt(cast.project)
    completions = [a_completion(run, prompt, index) for index in range(2)]
    judge(a_task(cast.project, completions, prompt), [1, 2])
    page = text_of(show(researcher, f"models/{run.model_version.uid}/"))
    assert "2 completions written, in 1 task, judged 1 time" in page


def test_a_model_is_retired_from_its_page_and_taken_back(cast, researcher):
    model = a_model(cast.project)
    address = f"{MODELS}{model.uid}/"
    assert researcher.post(address + "retire/").headers["Location"] == address
    assert "Take it into use again" in show(researcher, f"models/{model.uid}/")
    researcher.post(address + "restore/")
    researcher.post(address + "licence/", {"licence": "mit"})
    model.refresh_from_db()
    assert (model.state, model.licence) == ("ready", "mit")


def test_what_is_refused_is_said_above_the_page(cast, researcher):
    model = a_model(cast.project)
    a_run(cast.project, "sft", parent_model=model)
    address = f"{MODELS}{model.uid}/"
    for path, given, sentence in (("retire/", {}, "Wait, or cancel it."), ("licence/", {"licence": ""}, "required")):
        page = researcher.post(address + path, given, follow=True).content.decode()
        assert re.search(rf'class="message error">[^<]*{sentence}', page)


# --- the family -----------------------------------------------------------------------------------
def test_each_model_stands_under_its_parent(cast, researcher):
    base = a_model(cast.project, name="base")
    sft = a_model(cast.project, "sft", name="tuned", parent=base)
    a_model(cast.project, "reward", name="judge", parent=sft)
    other = a_model(cast.project, name="other")
    a_model(cast.project, "policy", name="best", parent=sft)
    told = [(one.model.name, one.opens, len(one.closes)) for one in family_of(cast.project).branches]
    assert told == [
        ("base", False, 0), ("tuned", True, 0), ("judge", True, 0), ("best", False, 2), ("other", False, 0),
    ]  # fmt: skip
    page = show(researcher, "models/family/")
    tree = page.partition('<ul class="family">')[2].partition("</section>")[0]
    assert (tree.count("<ul>") + 1, tree.count("<li>")) == (tree.count("</ul>"), tree.count("</li>"))
    assert str(other) in tree


def test_a_line_of_hundreds_is_shown_without_end(cast, researcher):
    parent = None
    for _ in range(DEEPEST + 40):
        parent = a_model(cast.project, "policy", parent=parent)
    page = show(researcher, "models/family/")
    assert page.count("<ul>") <= DEEPEST + 2
    assert page.count('class="kin ') == DEEPEST + 40


def test_the_tree_says_whether_people_prefer_a_model_to_its_parent(cast, researcher):
    parent = a_model(cast.project, "sft")
    child = a_model(cast.project, "policy", parent=parent)
    runs = [a_generation(cast.project, "done", model_version=model) for model in (child, parent)]
    assert "Ranked above the model it was trained from" not in show(researcher, "models/family/")
    for tiers in ([1, 2], [1, 2], [1, 2], [2, 1], [1, 2]):
        prompt = make_prompt(cast.project)
        judge(a_task(cast.project, [a_completion(run, prompt) for run in runs], prompt), tiers)
    page = text_of(show(researcher, "models/family/"))
    assert re.search(r"trained from: 80.0.% [\d.]+.% to [\d.]+.%; 5 prompts", page)
    assert page.count("Ranked above the model it was trained from") == 1


def test_a_larger_family_costs_no_more_queries(cast, researcher):
    a_run(cast.project, "ppo", "done")
    show(researcher, "models/family/")  # what is counted once
    with CaptureQueriesContext(connection) as few:
        show(researcher, "models/family/")
    for _ in range(5):
        a_run(cast.project, "ppo", "done")
    with CaptureQueriesContext(connection) as many:
        show(researcher, "models/family/")
    assert len(many) == len(few)


# --- side by side ---------------------------------------------------------------------------------
def reward_run(cast, accuracy, **spec):
    card = {"calibration": {"ece": {"value": 0.041, "low": 0.03, "high": 0.06}}, "sentinels": {"accuracy": 0.75, "low": 0.6, "high": 0.9}}  # fmt: skip
    report = {"held_out": {"accuracy": accuracy, "low": accuracy - 0.05, "high": accuracy + 0.05, "pairs": 361}, "card": card}  # fmt: skip
    return a_run(cast.project, "reward", "done", report=report, spec=parse_spec("reward", spec).to_json()).output_model


def compare(models):
    return "models/compare/?" + "&".join(f"model={model.uid}" for model in models)


def test_what_differs_stands_side_by_side(cast, researcher):
    models = [reward_run(cast, 0.7, epochs=1), reward_run(cast, 0.62, epochs=3)]
    found = side_by_side(chosen_models(cast.project, [one.uid for one in models]), cast.project)
    assert [(row.label, row.values, row.texts) for row in found.settings] == [("epochs", [1, 3], ["1", "3"])]
    page = text_of(show(researcher, compare(models)))
    for told in ("70.0 % (65.0 – 75.0 %)", "62.0 % (57.0 – 67.0 %)", "0.041 (0.03 – 0.06)", "75.0 % (60.0 – 90.0 %)"):
        assert told.replace(" %", "\u00a0%") in page or told in page
    assert "No ranking by people holds replies of two of them." in page


def test_models_of_several_kinds_share_what_they_have(cast, researcher):
    policy = a_run(
        cast.project, "ppo", "done", report={"reward_after": 0.26, "kl": 1.4, "eos_after": 0.98}
    ).output_model
    base = a_model(None, facts={"architecture": "LlamaForCausalLM"})
    page = text_of(show(researcher, compare([policy, reward_run(cast, 0.7), base])))
    assert "1.4" in page
    assert "LlamaForCausalLM" in page


@pytest.mark.parametrize("report", [{"held_out": 3, "card": []}, {"held_out": {"accuracy": "x"}}, {"kl": "NaN", "card": {"calibration": {"ece": 1}}}])  # fmt: skip
def test_reports_of_other_versions_leave_out_what_they_do_not_say(cast, researcher, report):
    models = [a_run(cast.project, "reward", "done", report=report).output_model, reward_run(cast, 0.7)]
    show(researcher, compare(models))


def test_whose_replies_people_ranked_higher(cast, researcher):
    runs = [a_generation(cast.project, "done"), a_generation(cast.project, "done")]
    for _ in range(3):
        prompt = make_prompt(cast.project)
        judge(a_task(cast.project, [a_completion(run, prompt) for run in runs], prompt), [1, 2])
    page = text_of(show(researcher, compare([run.model_version for run in runs])))
    assert "3 above, 0 tied, 0 below ; 3 prompts" in page or "3 above, 0 tied, 0 below; 3 prompts" in page


@pytest.mark.parametrize("query", ["model=x", "model=", "nothing=1", "model=x&model=y", "model=\x00&model=1"])
def test_what_cannot_be_compared_is_said(researcher, query):
    assert 'role="alert"' in show(researcher, f"models/compare/?{query}", status=422)


def test_neither_one_nor_five_nor_anothers(cast, researcher):
    models = [a_model(cast.project) for _ in range(5)]
    for chosen in (models[:1], models, models[:1] * 2):
        assert "choose two to four" in show(researcher, compare(chosen), status=422)
    assert "is not there" in show(researcher, "models/compare/?" + f"model={models[0].uid}&model={a_snapshot(cast.project).uid}", status=422)  # fmt: skip
    assert "Choose two to four" in show(researcher, "models/compare/")
