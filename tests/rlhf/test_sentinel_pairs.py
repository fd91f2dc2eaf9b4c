"""The sentinel pairs: complete, all different, and of lengths that give no rule of length more than chance."""

import json
from collections import Counter
from pathlib import Path

import pytest

from workers.rlhf import card

KINDS = {"polite-nonsense", "confident-falsehood", "over-refusal", "sycophancy", "long-preamble"}
NEAR, CLEAR = 0.9, 0.7  # the shorter side over the longer one
LONGEST = 300  # characters of a side: small models must be able to read them

PAIRS = [json.loads(line) for line in (Path(card.__file__).parent / "sentinels.jsonl").read_text().splitlines()]
OF_KIND = {kind: [pair for pair in PAIRS if pair["kind"] == kind] for kind in sorted(KINDS)}


def ratio(pair: dict[str, str]) -> float:
    shorter, longer = sorted((len(pair["better"]), len(pair["worse"])))
    return shorter / longer


def test_every_pair_is_whole_and_of_a_known_kind():
    for pair in PAIRS:
        assert list(pair) == ["id", "kind", "prompt", "better", "worse", "note"]
        assert all(isinstance(text, str) and text and text == text.strip() for text in pair.values()), pair["id"]
        assert max(len(pair["better"]), len(pair["worse"]), len(pair["prompt"])) <= LONGEST
        assert pair["id"].startswith(pair["kind"])
    assert {pair["kind"] for pair in PAIRS} == KINDS


def test_no_text_comes_twice():
    """Ids, prompts and sides are all different: a model that knows one pair by heart knows one pair."""
    for what in ("id", "prompt"):
        assert max(Counter(pair[what] for pair in PAIRS).values()) == 1
    assert max(Counter(pair[side] for pair in PAIRS for side in ("better", "worse")).values()) == 1


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_length_alone_is_right_in_exactly_half_of_each_kind(kind):
    """Half of a kind is of about equal lengths, a quarter has the better side much longer, a quarter the worse."""
    pairs = OF_KIND[kind]
    assert 8 <= len(pairs) <= 10
    near = [pair for pair in pairs if ratio(pair) >= NEAR]
    clear = [pair for pair in pairs if ratio(pair) <= CLEAR]
    assert len(near) == len(clear) == len(pairs) / 2
    for part in (near, clear):
        longer = [len(pair["better"]) > len(pair["worse"]) for pair in part]
        assert sum(longer) == len(part) / 2
    assert all(len(pair["better"]) != len(pair["worse"]) for pair in pairs)
