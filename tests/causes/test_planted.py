"""Simulated labelers with one planted cause: it is named first; where nothing is planted, nothing is named."""

from dataclasses import replace

import numpy as np
import pytest

from apps.causes.domain.evidence import Cause, Of
from apps.causes.domain.given import given
from apps.causes.domain.report import report

from .simulate import Shape, simulate

SEEDS = range(10)


def named(planted: str, **how: bool) -> list[tuple[Cause, ...]]:
    return [report(simulate(planted, seed, **how)).named for seed in SEEDS]


def first(found: list[tuple[Cause, ...]], cause: Cause) -> int:
    return sum(one[:1] == (cause,) for one in found)


def test_nothing_is_named_in_clean_data():
    assert named("clean").count(()) >= 9


@pytest.mark.parametrize(
    ("planted", "cause"),
    [("noise", Cause.NOISE), ("haste", Cause.NOISE), ("pluralism", Cause.PLURALISM), ("prompts", Cause.PROMPTS),
     ("guideline", Cause.GUIDELINE), ("fields", Cause.GUIDELINE)],
)  # fmt: skip
def test_the_planted_cause_is_named_first(planted: str, cause: Cause):
    assert first(named(planted), cause) >= 9


@pytest.mark.parametrize("planted", ["noise+pluralism", "guideline+pluralism"])
def test_two_causes_at_once_are_both_named(planted: str):
    found = [set(report(simulate(planted, seed, Shape(tasks=300))).named) for seed in range(5)]
    assert sum(one == set(map(Cause, planted.split("+"))) for one in found) >= 4


def test_careless_labelers_are_pointed_at():
    found = report(simulate("noise", 1, tests=True))
    careless = {one.labeler for one in found.labelers if one.agreement}
    assert len(careless) == 3
    assert {one.labeler for one in found.labelers if one.gold} <= careless
    assert all(one.group is None for one in found.labelers)


def test_times_that_say_quick_of_everybody_say_nothing():
    data = simulate("noise", 1)
    table = data.judged
    everybody = replace(table, groups={**table.groups, "quick": np.ones(len(table), np.int64)})
    assert report(replace(data, judged=everybody)).causes == report(data).causes


def test_a_p_value_of_nothing_at_all_still_counts(monkeypatch):
    """As that of thousands of prompts: smaller than any number, it was once taken for none."""
    monkeypatch.setattr("apps.causes.domain.pluralism.above", lambda _: 0.0)
    assert report(simulate("pluralism", 3)).named == (Cause.PLURALISM,)


def test_groups_are_found_as_they_were_planted():
    found = report(simulate("pluralism", 3))
    sizes = sorted(sum(one.group == group for one in found.labelers) for group in (0, 1))
    assert sizes == [4, 8]
    assert sum(one.group == 0 for one in found.labelers) == 8, "the larger group comes first"
    assert (found.shared or 0) < 0.3


@pytest.mark.parametrize(("planted", "shape"), [("three", Shape()), ("four", Shape(labelers=16, tasks=300))])
def test_as_many_groups_are_found_as_were_planted(planted: str, shape: Shape):
    number = {"three": 3, "four": 4}[planted]
    seeds = range(10 if planted == "three" else 5)
    reports = [report(simulate(planted, seed, shape)) for seed in seeds]
    assert first([found.named for found in reports], Cause.PLURALISM) >= 0.9 * len(seeds)
    sizes = [[sum(one.group == group for one in found.labelers) for group in range(4)] for found in reports]
    assert sum(one[:number] == [4] * number and not any(one[number:]) for one in sizes) >= 0.9 * len(seeds)


def test_two_groups_are_not_taken_for_more():
    reports = [report(simulate("pluralism", seed)) for seed in SEEDS]
    assert sum({one.group for one in found.labelers} <= {0, 1} for found in reports) >= 9


def test_who_never_met_the_others_is_of_no_group():
    """Two sites that share no task: nothing says which group of the one is which of the other."""
    one, other = simulate("pluralism", 3).judged, simulate("clean", 3, Shape(tasks=60)).judged
    joined = {
        name: np.concatenate([getattr(one, name), getattr(other, name) + 1000])
        for name in ("task", "prompt", "labeler")
    }
    found = report(given(
        **joined, tiers=np.concatenate([one.tiers, other.tiers]),
        use_case=np.concatenate([one.groups["use_case"], other.groups["use_case"]]),
    ))  # fmt: skip
    assert found.named[:1] == (Cause.PLURALISM,)
    assert {one.group for one in found.labelers if one.labeler >= 1000} == {None}
    assert {one.group for one in found.labelers if one.labeler < 1000} == {0, 1}


def test_the_use_case_and_the_field_are_pointed_at():
    assert report(simulate("guideline", 2)).use_cases == (2,)
    found = report(simulate("fields", 2))
    assert (found.fields, found.causes[0].of) == ((4,), Of.MARKS)
    assert found.causes[0].examples[0].opposite > 0


def test_a_place_tells_how_much_more_labelers_differ_there():
    [case] = report(simulate("guideline", 2)).places
    assert (case.of, case.name) == (Of.RANKINGS, 2)
    assert case.opposite / case.compared > (case.elsewhere or 0) + 0.1
    data = simulate("guideline", 2).judged
    assert all(set(data.groups["use_case"][data.task == one.task]) == {2} for one in case.examples)
    [field] = report(simulate("fields", 2)).places
    assert (field.of, field.name) == (Of.MARKS, 4)
    assert field.opposite / field.compared > 2 * (field.elsewhere or 0)


def test_bad_prompts_are_found_without_a_complaint_where_many_rank_them():
    shape = Shape(a_task=6, tasks=400, candidates=5)
    found = [report(simulate("prompts", seed, shape, flags=False)).named for seed in range(5)]
    assert first(found, Cause.PROMPTS) >= 3


def test_examples_are_tasks_that_disagree():
    found = report(simulate("guideline", 4)).causes[0]
    data = simulate("guideline", 4).judged
    assert found.examples
    for one in found.examples:
        assert one.opposite > 0.3 * one.compared
        assert set(data.groups["use_case"][data.task == one.task]) == {2}
