"""Accuracy by slices: they sum to the whole, and what stands in a row can be counted by hand."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rlhf.card_runs import draws_of, judged, prompt_of
from workers.rlhf.card.slices import MOST, NOT_MET, slices
from workers.rlhf.card.table import laid_out, right, table_of

NAMES = ["use_case", "k", "prompt_length", "labeler", "cohort", "distance"]


def measured(prompts, values, lengths=None, resamples=50):
    """The slices by their names, of rewards `values`, one list a prompt."""
    table = table_of(prompts)
    margins = table.margins(laid_out([np.array(one, dtype=float) for one in values]))
    found = slices(table, lengths or [5] * len(prompts), right(margins), draws_of(table, resamples))
    json.dumps(found, allow_nan=False)
    return {one["by"]: one for one in found}


def rows(cut, *names):
    return [tuple(row[name] for name in names) for row in cut["rows"]]


@st.composite
def ranked_prompts(draw):
    prompts, values = [], []
    for number in range(draw(st.integers(1, 6))):
        k = draw(st.integers(2, 5))
        said = []
        for _ in range(draw(st.integers(1, 3))):
            tiers = draw(st.permutations(list(range(1, k + 1))))
            labeler, cohort = draw(st.sampled_from("abc")), draw(st.sampled_from(["", "training"]))
            said.append(judged(labeler, tiers, cohort=cohort))
        texts = [f"{number} {n}" for n in range(k)]
        prompts.append(prompt_of(texts, *said, uid=str(number), use_case=draw(st.sampled_from(["", "chat"]))))
        values.append(draw(st.lists(st.integers(0, 2), min_size=k, max_size=k)))
    return prompts, values, draw(st.lists(st.integers(1, 9), min_size=len(prompts), max_size=len(prompts)))


@given(ranked_prompts())
@settings(deadline=None, max_examples=60)
def test_the_rows_of_every_slice_sum_to_the_whole(given_prompts):
    prompts, values, lengths = given_prompts
    table = table_of(prompts)
    answers = right(table.margins(laid_out([np.array(one, dtype=float) for one in values])))
    found = measured(prompts, values, lengths, resamples=20)
    assert list(found) == NAMES
    for cut in found.values():
        assert sum(row["pairs"] for row in cut["rows"]) == len(table)
        assert np.isclose(sum(row["pairs"] * row["accuracy"] for row in cut["rows"]), answers.sum())
        assert cut["rest"] is None
        assert all(row["low"] <= row["accuracy"] <= row["high"] for row in cut["rows"])


def test_rows_say_whose_rankings_they_are_and_the_busiest_stands_first():
    prompts = [
        prompt_of("abc", judged("ann", [1, 2, 3], cohort="held-out"), judged("ben", [1, 2, 2]), use_case="chat"),
        prompt_of("ab", judged("ben", [2, 1]), uid="q", use_case="qa"),
    ]
    found = measured(prompts, [[3, 2, 1], [1, 0]], lengths=[4, 9])
    assert rows(found["labeler"], "name", "cohort", "pairs", "accuracy", "rankings") == [
        ("ann", "held-out", 3, 1, 1),
        ("ben", "training", 3, 2 / 3, 2),
    ]
    assert rows(found["use_case"], "name", "pairs", "accuracy") == [("chat", 5, 1), ("qa", 1, 0)]
    assert rows(found["k"], "k", "pairs") == [(2, 1), (3, 5)]
    assert rows(found["prompt_length"], "from", "to", "pairs") == [(4, 4, 5), (9, 9, 1)]
    assert rows(found["distance"], "name", "pairs") == [("1", 5), ("2", 1)]


def test_agreement_is_counted_within_the_row():
    prompts = [
        prompt_of("ab", judged("ann", [1, 2]), judged("ben", [2, 1]), judged("cat", [1, 2]), use_case="chat"),
        prompt_of("ab", judged("ann", [1, 2]), uid="q", use_case="qa"),
    ]
    found = measured(prompts, [[1, 0], [1, 0]])
    chat, qa = found["use_case"]["rows"]
    assert (chat["agreement"]["accuracy"], chat["agreement"]["pairs"]) == (1 / 3, 3)
    assert (qa["agreement"], qa["why_no_agreement"]) == (None, NOT_MET)
    of_labelers = {row["name"]: row["agreement"] for row in found["labeler"]["rows"]}
    assert (of_labelers["ben"]["accuracy"], of_labelers["ben"]["pairs"]) == (0, 2)
    assert of_labelers["ann"]["accuracy"] == 0.5
    assert "agreement" not in found["distance"]["rows"][0]


def test_the_least_busy_labelers_are_left_out_and_counted():
    busy = [judged(f"L{n}", [1, 2]) for n in range(MOST)]
    prompts = [
        prompt_of("ab", *busy, judged("once", [1, 2])),
        prompt_of("ab", *busy, judged("also once", [2, 1]), uid="q"),
    ]
    cut = measured(prompts, [[1, 0], [1, 0]])["labeler"]
    assert len(cut["rows"]) == MOST
    assert cut["more"] == 2
    assert (cut["rest"]["pairs"], cut["rest"]["accuracy"]) == (2, 0.5)
    assert {"once", "also once"}.isdisjoint(row["name"] for row in cut["rows"])


def test_lengths_are_cut_into_bands_of_about_as_many_prompts():
    prompts = [prompt_of("ab", judged("ann", [1, 2]), uid=str(n)) for n in range(100)]
    bands = measured(prompts, [[1, 0]] * 100, lengths=list(range(1, 101)))["prompt_length"]
    assert [row["prompts"] for row in bands["rows"]] == [20] * 5
    assert bands["rows"][0]["name"] == "1 to 20"
    assert bands["unit"] == "tokens"
