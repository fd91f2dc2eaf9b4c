"""The report card on a run's page: every part, hostile texts, and whatever JSON another version may have written."""

import copy
import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.training.domain.readings.card import TITLES
from apps.training.domain.readings.reward import read_reward
from apps.training.models import TrainingRun
from tests.training.card_report import CARD, PROMPT, REPORT
from tests.training.pages import BASE, show, text_of
from tests.training.rails import make_model, rankings
from tests.training.rows import a_model, a_run

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([10**400, -(10**400), 2**63, 0, 1, -1]), st.floats(),
    st.text(max_size=8), st.sampled_from(["", "</p><script>", "{0}", "%s", "\u202e", "use_case"]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value within `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


PLACES = [place for place in places(REPORT) if place]


def put(report: Any, path: tuple[Any, ...], value: Any) -> None:
    """Leaves a report that an earlier change has made too flat for this one as it is."""
    for key in path[:-1]:
        if not _has(report, key):
            return
        report = report[key]
    if isinstance(report, dict) or _has(report, path[-1]):
        report[path[-1]] = value


def _has(inner: Any, key: Any) -> bool:
    if isinstance(inner, list):
        return isinstance(key, int) and key < len(inner)
    return isinstance(inner, dict) and key in inner


def rendered(report: Any) -> str:
    context = {"reward": read_reward(report), "project": {"slug": "clinic"}, "run": {"uid": PROMPT}}
    return render_to_string("training/_reward_report.html", context)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=6))
def test_any_value_in_any_place_gives_a_page(changes):
    """What a program of another version leaves there is shown or left out, and never an error."""
    report = copy.deepcopy(REPORT)
    for path, value in changes:
        put(report, path, value)
    page = rendered(report)
    assert "<script>" not in page


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(st.sampled_from(list(REPORT)), JSON), st.dictionaries(st.sampled_from(list(CARD)), JSON))
def test_any_json_at_all_gives_a_page(report, card):
    assert rendered({**report, "card": card})


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=6))
def test_any_value_in_any_place_is_read(changes):
    """The reading alone, which is quick: many more reports than are drawn."""
    report = copy.deepcopy(REPORT)
    for path, value in changes:
        put(report, path, value)
    card = read_reward(report).card
    assert card is None or set(dict(card.contents)) <= set(TITLES)


def test_every_part_is_on_the_runs_page_and_led_to(cast, researcher):
    before = a_model(cast.project, "reward")
    run = a_run(cast.project, "reward", "done", report=REPORT, previous_model=before)
    page = show(researcher, f"runs/{run.uid}/")
    for key, title in TITLES.items():
        assert f'<a href="#card-{key}">' in page
        assert f'<h2 id="card-{key}">' in page, title
    assert f'href="/p/clinic/prompts/{PROMPT}/"' in page
    assert f"/models/{before.uid}/" in page
    assert f'href="/api/v1/training-runs/{run.uid}/"' in page
    text = text_of(page)
    assert "72.4 ± 0.4" in text
    assert "closed QA" in text
    assert "2 pairs whose better reply it does not prefer" in text
    assert "Passed by" not in text
    assert "fold 1" in text


def test_its_zero_and_unit_are_on_the_page(cast, researcher):
    unit = {"zero": -0.25, "scale": 1.5, "from": "Zero is the mean raw reward of 5 <b>demonstrations</b>.", "n": 5}
    made = a_model(cast.project, "reward", manifest={"normalisation": unit})
    page = show(researcher, f"runs/{a_run(cast.project, 'reward', 'done', report=REPORT, output_model=made).uid}/")
    assert "A reward is what the model says, less -0.25, divided by 1.5." in page
    assert "5 &lt;b&gt;demonstrations" in page


def test_the_call_answers_with_the_same_numbers(cast, researcher):
    run = a_run(cast.project, "reward", "done", report=REPORT)
    assert researcher.get(f"/api/v1/training-runs/{run.uid}/").json()["report"]["card"] == CARD


def test_texts_of_models_are_never_markup(cast, researcher):
    run = a_run(cast.project, "reward", "done", report=REPORT)
    page = show(researcher, f"runs/{run.uid}/")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>One</b>" not in page
    assert "<strong>Yes!</strong>" in page  # Markdown, as everywhere


def test_a_partial_card_says_what_was_not_measured(cast, researcher):
    card = {"version": 1, "folds": None, "why_no_folds": "The setting folds is 0.", "trainings": []}
    run = a_run(cast.project, "reward", "done", report=REPORT | {"card": card})
    text = text_of(show(researcher, f"runs/{run.uid}/"))
    assert "Not measured" in text
    assert "The setting folds is 0." in text
    assert "The rest of the report card" not in text


def test_no_styles_are_written_into_the_page(cast, researcher):
    """The strict policy would refuse them."""
    run = a_run(cast.project, "reward", "done", report=REPORT)
    assert " style=" not in show(researcher, f"runs/{run.uid}/")


@pytest.mark.parametrize(
    ("posted", "asked"),
    [
        ({"whole_card": "on"}, {"folds": 5, "curve": 3, "ensemble": 2}),
        ({"whole_card": "on", "folds": "0", "curve": "1"}, {"folds": 0, "curve": 1, "ensemble": 2}),
        ({}, {"folds": 0, "curve": 0, "ensemble": 0}),
    ],
)
def test_the_form_asks_for_the_whole_card_unless_unticked(cast, researcher, posted, asked):
    assert is_ticked(show(researcher, "start/reward/"))
    inputs = {"parent_model": make_model(cast.project).uid, "snapshot": rankings(cast).uid, "min_comparisons": 1}
    assert researcher.post(BASE + "start/reward/", {**inputs, **posted}).status_code == 303
    run = TrainingRun.objects.get()
    assert {name: run.spec[name] for name in asked} == asked
    assert not is_ticked(show(researcher, f"start/reward/?from={run.uid}")), "its settings say how many"


def is_ticked(page: str) -> bool:
    found = re.search(r'<input [^>]*name="whole_card"[^>]*>', page)
    return found is not None and " checked" in found.group()
