"""What must not matter, and what data cannot say."""

import math
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from apps.causes.domain.evidence import Cause, Why, holm
from apps.causes.domain.given import Checks, Complaints, Given, Marks, given
from apps.causes.domain.report import report
from apps.quality.domain.table import Judgments

from .simulate import Shape, simulate

SMALL = Shape(tasks=60, labelers=8)


def numbers(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [one for part in fields(value) for one in numbers(getattr(value, part.name))]
    if isinstance(value, tuple):
        return [one for part in value for one in numbers(part)]
    return []


def renamed(data: Given, names: np.ndarray) -> Given:
    table = data.judged
    return given(
        task=table.task, prompt=table.prompt, labeler=names[table.labeler], tiers=table.tiers, use_case=table.groups["use_case"],
        quick=table.groups["quick"],
        gold=Checks(names[data.gold.labeler], data.gold.right, data.gold.of),
        retests=Checks(names[data.retests.labeler], data.retests.right, data.retests.of),
        complaints=Complaints(data.complaints.prompt, names[data.complaints.labeler]),
        marks=replace(data.marks, labeler=names[data.marks.labeler]),
    )  # fmt: skip


@pytest.mark.parametrize("planted", ["clean", "noise", "pluralism", "prompts"])
def test_names_of_labelers_do_not_matter(planted):
    data = simulate(planted, 5, tests=True)
    names = np.random.default_rng(1).permutation(50)[:12]
    one, other = report(data), report(renamed(data, names))
    assert one.named == other.named
    assert sorted(numbers(one)) == pytest.approx(sorted(numbers(other)), abs=1e-6)
    assert {names[x.labeler] for x in one.labelers if x.agreement} == {x.labeler for x in other.labelers if x.agreement}
    if planted == "pluralism":
        groups = ({names[x.labeler] for x in one.labelers if x.group}, {x.labeler for x in other.labelers if x.group})
        assert groups[0] == groups[1] != set()


def test_the_order_of_rows_does_not_matter():
    data, table = simulate("prompts", 6, SMALL), simulate("prompts", 6, SMALL).judged
    rng = np.random.default_rng(2)
    order, marked, said = (rng.permutation(len(one)) for one in (table.task, data.marks.field, data.complaints.prompt))
    shuffled = given(
        task=table.task[order], prompt=table.prompt[order], labeler=table.labeler[order], tiers=table.tiers[order],
        use_case=table.groups["use_case"][order], quick=table.groups["quick"][order],
        complaints=Complaints(data.complaints.prompt[said], data.complaints.labeler[said]),
        marks=Marks(*(getattr(data.marks, one.name)[marked] for one in fields(Marks))),
    )  # fmt: skip
    assert report(shuffled) == report(data)


def test_the_order_of_candidates_does_not_matter():
    data = simulate("noise", 7, SMALL)
    table = data.judged
    tiers = table.tiers.copy()
    tiers[:, :4] = tiers[:, [2, 0, 3, 1]]
    turned = replace(
        data, judged=Judgments(**{**{f.name: getattr(table, f.name) for f in fields(table)}, "tiers": tiers})
    )
    assert report(turned) == report(data)


@pytest.mark.parametrize(
    ("shape", "why"),
    [(Shape(tasks=40, a_task=1), Why.NO_OVERLAP), (Shape(tasks=20), Why.FEW_PROMPTS)],
)  # fmt: skip
def test_too_little_is_a_sentence(shape, why):
    found = report(simulate("noise", 1, shape))
    assert (found.why, found.causes) == (why, ())


def test_two_labelers_cannot_be_told_apart():
    found = {one.cause: one.evidence for one in report(simulate("clean", 1, Shape(labelers=2, a_task=2))).causes}
    assert found[Cause.PLURALISM].why is Why.FEW_LABELERS
    assert found[Cause.NOISE].why is Why.FEW_LABELERS
    assert found[Cause.PROMPTS].why is Why.FEW_A_TASK


def test_agreeing_on_everything_is_no_disagreement():
    tiers = np.tile(np.array([[1, 2, 3]]), (120, 1))
    task = np.repeat(np.arange(40), 3)
    found = report(given(task=task, prompt=task, labeler=np.tile(np.arange(3), 40), tiers=tiers, use_case=task * 0))
    assert found.why is Why.NO_DISAGREEMENT


def test_nothing_at_all():
    none = np.zeros(0, np.int64)
    found = report(given(task=none, prompt=none, labeler=none, tiers=np.zeros((0, 9), np.int8), use_case=none))
    assert found.why is Why.NO_OVERLAP


@settings(max_examples=25, deadline=None)
@drawn(
    seed=st.integers(0, 10_000), labelers=st.integers(2, 9), tasks=st.integers(30, 45), size=st.integers(2, 5),
    planted=st.sampled_from(["clean", "noise", "haste", "pluralism", "prompts", "guideline", "fields"]),
)  # fmt: skip
def test_never_a_number_that_is_none(seed, labelers, tasks, size, planted):
    shape = Shape(labelers=labelers, a_task=min(labelers, 3), tasks=tasks, candidates=size)
    found = report(simulate(planted, seed, shape, tests=True))
    assert all(map(math.isfinite, numbers(found)))
    for one in found.causes:
        assert (one.evidence.share is None) == (one.evidence.why is not None)
        assert not one.named or one.examples


def test_holm_by_hand():
    found = holm({Cause.NOISE: 0.01, Cause.PLURALISM: 0.04, Cause.GUIDELINE: 0.03, Cause.PROMPTS: 0.005})
    assert list(found.values()) == pytest.approx([0.02, 0.03, 0.06, 0.06])
