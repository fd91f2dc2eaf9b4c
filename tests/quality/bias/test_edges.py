"""Where there is little there is a sentence, never a NaN; and order and names are no matter."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.domain.bias.columns import Rankings, rankings
from apps.quality.domain.bias.coverage import groups
from apps.quality.domain.bias.estimate import Counts, Rate, Sentence, Why
from apps.quality.domain.bias.fatigue import fatigue
from apps.quality.domain.bias.found import Found
from apps.quality.domain.bias.length import length
from apps.quality.domain.bias.pairs import Table
from apps.quality.domain.bias.pasted import Demonstrations, pasted
from apps.quality.domain.bias.position import position
from apps.quality.domain.bias.report import bias
from apps.quality.domain.bias.told import told

from .make import QUICK, Crowd, dense, features, flat
from .test_planted import day


def table_of(sizes: list[int], tiers: Any = None, **columns: Any) -> Rankings:
    size = np.array(sizes, np.int64)
    completion = np.where(np.arange(9) < size[:, None], 9 * np.arange(len(size))[:, None] + np.arange(9), -1)
    told = dense(np.tile(np.arange(9.0), (len(size), 1)), size) if tiers is None else tiers
    columns = {"labeler": np.zeros(len(size), np.int64)} | columns
    return rankings(
        task=np.arange(len(size)), prompt=np.arange(len(size)), tiers=told, completion=completion,
        features=features(np.arange(9 * len(size)) + 1), **columns,
    )  # fmt: skip


@st.composite
def little(draw: st.DrawFn) -> Rankings:
    sizes = draw(st.lists(st.integers(2, 9), max_size=25))
    n = len(sizes)

    def ints(low: int, high: int) -> Any:
        return np.array(draw(st.lists(st.integers(low, high), min_size=n, max_size=n)), np.int64)

    scores = np.random.default_rng(draw(st.integers(0, 99))).integers(0, draw(st.integers(1, 5)), (n, 9))
    shown = np.where(np.arange(9) < np.array(sizes, np.int64).reshape(-1, 1), np.arange(9) + 1, 0)
    return table_of(
        sizes, dense(scores, np.array(sizes, np.int64)), labeler=ints(0, 4), shown=shown, raw=ints(0, 1),
        person=ints(0, 1), submitted=ints(-1, 20000), active=ints(-1, 300), prompt_words=ints(-1, 50),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(table=little())
def test_never_a_nan(table: Rankings):
    for path, value in flat(bias(table, QUICK)).items():
        assert not (isinstance(value, float) and not math.isfinite(value)), path


def test_nothing():
    found = bias(table_of([]), QUICK)
    assert found.length.longer.why == Sentence(Why.NOTHING)
    assert found.weight.effective is None


def test_one_judgment():
    found = bias(table_of([4]), QUICK)
    assert found.length.longer.value is None
    assert "Fewer than 20 prompts" in str(found.length.told.found)
    assert found.weight.told.found.words is Found.ONE_LABELER
    assert str(found.weight.left_out.change.why)


def test_all_ties():
    n = 30
    found = bias(table_of([3] * n, np.tile([1, 1, 1, 0, 0, 0, 0, 0, 0], (n, 1))), QUICK)
    assert found.length.longer.why == Sentence(Why.ALL_TIES)
    assert found.length.rule.why == Sentence(Why.ALL_TIES)
    assert found.length.longer.counts.ties == found.length.longer.counts.units == 3 * n


def test_all_say_the_same():
    """Forty prompts and not one against it: an interval from the number of prompts, not one of no width."""
    found = length(Table(table_of([2] * 40), QUICK))
    assert found.longer.value == 0.0
    assert found.longer.interval is not None
    assert 0 < found.longer.interval.high < 0.1


def test_mixed_sizes_one_labeler():
    found = bias(table_of([2, 9, 3, 4] * 10), QUICK)
    assert found.length.longer.counts.units == 10 * (1 + 36 + 3 + 6)
    assert found.length.agreement.why == Sentence(Why.NO_OVERLAP)
    assert found.weight.left_out.change.why == Sentence(Why.ONE_LABELER)


def test_orders_that_are_not_known():
    found = position(Table(table_of([4] * 30), QUICK))
    assert (found.first.why, found.places) == (Sentence(Why.NO_PLACES), ())


def test_no_english():
    crowd = Crowd(1, tasks=90)
    given_ = crowd.given()
    given_.features.english[:] = False
    by_mark = {style.mark.name: style for style in bias(given_, QUICK).styles}
    assert by_mark["HEDGING"].more.why == Sentence(Why.NOT_ENGLISH)
    assert by_mark["LISTS"].more.why == Sentence(Why.NO_DIFFERENCE)


def test_few_labelers_have_a_slope_and_no_interval():
    found = fatigue(day(1, 0.2, labelers=4)).seconds_a_word
    assert found.slope.value is not None
    assert found.slope.interval is None
    assert found.told.found.words is Found.NOT_BOUNDED
    assert "Fewer than 6 labelers" in str(found.told.found)


def test_short_stretches():
    assert fatigue(day(1, 0.2, hours=1)).ties.slope.why == Sentence(Why.NO_STRETCH)


def shuffled(crowd: Crowd, seed: int) -> Crowd:
    """The same judgments in another order, candidates in other positions of their tasks, labelers renamed."""
    rng, other = np.random.default_rng(seed), Crowd(seed)
    rows = rng.permutation(len(crowd.task))
    columns = np.tile(np.arange(4), (crowd.task.max() + 1, 1))
    for task, size in zip(crowd.task, crowd.size, strict=True):
        columns[task, :size] = np.random.default_rng([seed, task]).permutation(size)
    place = columns[crowd.task[rows]]
    for name in ("completion", "shown", "scores"):
        setattr(other, name, np.take_along_axis(getattr(crowd, name)[rows], place, axis=1))
    other.task, other.size, other.characters = crowd.task[rows], crowd.size[rows], crowd.characters
    other.labeler, other.more = 100 - crowd.labeler[rows], crowd.more
    other.columns = {name: np.asarray(values)[rows] for name, values in crowd.columns.items()}
    return other


@pytest.mark.parametrize("seed", [1, 2])
def test_orders_and_names_are_no_matter(seed: int):
    crowd = Crowd(seed)
    n = len(crowd.task)
    crowd.more = {"lists": crowd.rng.integers(0, 3, len(crowd.characters))}
    crowd.columns = {
        "raw": crowd.some(0.5), "submitted": 300 * np.arange(n), "active": crowd.rng.integers(1, 500, n),
        "prompt_words": np.full(n, 9),
    }  # fmt: skip
    one, other = flat(bias(crowd.given(), QUICK)), flat(bias(shuffled(crowd, seed).given(), QUICK))
    differing = {path for path in one if one[path] != other[path]}
    assert all(path.endswith(".labeler") for path in differing)
    named = [path for path in one if path.startswith(".speed") and path.endswith(".labeler")]
    assert sorted(100 - other[path] for path in named) == sorted(one[path] for path in named)


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"labeler": [0]}, "labeler"), ({"shown": [[1, 2]]}, "shown"), ({"active": [0.5, 1.0]}, "active"),
        ({"tiers": [[0] * 9, [1, 2] + [0] * 7]}, "tiers"), ({"tiers": [[1, 0, 2] + [0] * 6] * 2}, "tiers"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_named(columns: dict[str, Any], names: str):
    with pytest.raises(ValueError, match=f"^{names}: "):
        table_of([2, 2], **columns)


def test_a_labeler_who_is_there_twice():
    with pytest.raises(ValueError, match="twice"):
        rankings(task=[0, 0], prompt=[0, 0], labeler=[1, 1], tiers=[[1, 2]] * 2, completion=[[0, 1]] * 2,
                 features=features([3, 4]))  # fmt: skip


def test_pasted():
    """Two labelers paste; of one demonstration nothing is known."""
    found = pasted(Demonstrations.of([1] * 20 + [2] * 20 + [3] * 20 + [3], [0.9] * 20 + [0.0] * 40 + [-1.0]))
    assert found.mostly.value == pytest.approx(1 / 3)
    assert found.mean.value == pytest.approx(0.3)
    assert [one.labeler for one in found.labelers if one.surely] == [1]
    assert found.left_out == 1


def test_nothing_is_known_of_pasting():
    assert pasted(Demonstrations.of([1, 2], [-1.0, -1.0])).mostly.why == Sentence(Why.NOT_TOLD)
    with pytest.raises(ValueError, match="pasted"):
        Demonstrations.of([1], [1.5])


def test_reports_are_json():
    found = told(bias(Crowd(1, tasks=90).given(), QUICK))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["position"]["first"]["interval"]["method"] == "prompts"
    assert found["fatigue"]["ties"]["slope"]["why"] == {
        "code": "no_submits",
        "text": Why.NO_SUBMITS.value,
        "values": {},
    }
    assert found["styles"][0]["mark"] == "formatting"
    assert told(groups("age", {"a": 9, "b": 1}))["answers"] == {"a": None, "b": None}


def test_a_rate_has_a_value_or_a_sentence():
    with pytest.raises(ValueError, match="either"):
        Rate(Counts())
    with pytest.raises(ValueError, match="interval"):
        Rate(Counts(), 0.5)
