"""What goes with a higher reward: a planted leaning is found, and labelers' own is told apart from the model's."""

import json
from random import Random

import numpy as np
import pytest

from tests.rlhf.card_runs import draws_of, judged, prompt_of
from workers.rlhf.card.leanings import leanings
from workers.rlhf.card.style import FEATURES
from workers.rlhf.card.table import table_of

COUNTED = {feature.name: feature.measure for feature in FEATURES}


def dataset(prompts=150, seed=0, length_counts=0.0):
    """A table of four texts a prompt of many lengths, ranked by their worth, by which length counts so much."""
    chance, numbers = Random(seed), np.random.default_rng(seed)
    made, worth = [], []
    for n in range(prompts):
        texts = [f"{n} {place} " + "x" * chance.randint(1, 200) for place in range(4)]
        value = numbers.normal(size=4) + length_counts * np.array([len(text) for text in texts]) / 100
        tiers = (np.argsort(np.argsort(-value)) + 1).tolist()
        shown = chance.sample(range(4), 4)
        made.append(prompt_of(texts, judged("ann", tiers, shown=shown), uid=str(n)))
        worth.append(value)
    return table_of(made), np.concatenate(worth)


def found(table, rewards):
    made = leanings(table, table.margins(rewards), draws_of(table))
    json.dumps(made, allow_nan=False)
    return {row["feature"]: row for row in made["rows"]}, made["absent"]


def test_a_leaning_to_length_that_the_labelers_do_not_have_is_found():
    table, worth = dataset()
    lengths = np.array([len(text) for text in table.texts])
    rows, absent = found(table, 0.2 * worth + lengths / 30)
    row = rows["characters"]
    assert row["reward"]["low"] > 0.8
    assert row["model"]["low"] > row["labelers"]["high"]
    assert row["difference"]["low"] > 0
    assert row["model_more"]["accuracy"] > 0.9
    assert row["labelers_more"]["low"] < 0.5 < row["labelers_more"]["high"]
    assert {"bold", "code", "hedges"} <= set(absent)


def test_a_leaning_that_the_labelers_have_is_theirs_too():
    table, worth = dataset(length_counts=2.0)
    rows, _ = found(table, worth)
    row = rows["log_characters"]
    assert row["labelers"]["low"] > 0.3
    assert row["difference"]["low"] <= 0 <= row["difference"]["high"]


def test_the_model_cannot_see_what_was_shown_first():
    table, worth = dataset()
    rows, _ = found(table, worth + np.random.default_rng(1).normal(size=len(worth)))
    row = rows["shown_first"]
    assert row["model"]["low"] < 0 < row["model"]["high"]
    assert row["pairs"] == len(table)


def test_labelers_who_take_the_first_shown_are_found_out():
    prompts = [
        prompt_of([f"{n}{c}" for c in "ab"], judged("ann", [1, 2], shown=[0, 1] if n % 5 else [1, 0]), uid=str(n))
        for n in range(100)
    ]
    table = table_of(prompts)
    rows, _ = found(table, np.random.default_rng(0).normal(size=200))
    row = rows["shown_first"]
    assert row["labelers_more"]["accuracy"] == pytest.approx(0.8)
    assert row["labelers"]["low"] > 0
    assert row["model_more"]["low"] < 0.5 < row["model_more"]["high"]


def test_orders_that_nobody_recorded_are_absent():
    prompts = [prompt_of("ab", judged("ann", [1, 2]), uid=str(n)) for n in range(50)]
    table = table_of(prompts)
    rows, absent = found(table, np.zeros(100))
    assert rows == {}
    assert "shown_first" in absent


def test_the_correlation_is_that_of_the_differences():
    table, worth = dataset(40)
    rows, _ = found(table, worth)
    lengths = np.array([float(len(text)) for text in table.texts])
    more, margin = table.margins(lengths), table.margins(worth)
    both = np.concatenate([more, -more]), np.concatenate([margin, -margin])  # each pair both ways round
    differ = both[0] != 0
    assert rows["characters"]["reward"]["value"] == pytest.approx(np.corrcoef(both[0][differ], both[1][differ])[0, 1])


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("lists", "- one\n* two\n3. three\nnot - here", 3),
        ("headings", "# One\n## Two\n#none", 2),
        ("bold", "a **b** c **d e**", 2),
        ("code", "```\nx\n```", 2),
        ("exclamation", "Yes! Great!!", 3),
        ("hedges", "Perhaps it might. I think so; mighty.", 3),
        ("apologies", "I\u2019m afraid I can\u2019t, sorry.", 3),
        ("questions", "Which one? Is it a?b or \u201cc?\u201d", 2),
        ("characters", "four", 4),
    ],
)
def test_what_is_counted(name, text, count):
    assert COUNTED[name](text) == count
