"""Rankings read by prompt: what is kept, what is left out and why."""

from dataclasses import fields

import pytest

from apps.datasets.domain.records import ConsensusRecord, LabelerRecord, PartRecord
from tests.rlhf.make import demonstration, write
from tests.rlhf.planted import ranking
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.preference.ranked import CORRECTED, EQUAL_TEXTS, TIES_ONLY, count_comparisons, read_rankings


@pytest.fixture
def read(tmp_path):
    """Writes the records to a file and reads it."""

    def through(*records):
        write(tmp_path / "rankings.jsonl", records)
        return read_rankings(tmp_path / "rankings.jsonl")

    return through


def test_rankings_of_a_prompt_share_its_texts(read):
    prompts, left_out = read(
        ranking("p", "hello", ["a", "b", "c"], [1, 2, 2], labeler="ann"),
        ranking("p", "hello", ["c", "d"], [2, 1], labeler="ben"),
        ranking("q", "bye", ["a", "b"], [2, 1]),
    )
    assert [prompt.uid for prompt in prompts] == ["p", "q"]
    assert prompts[0].texts == ["a", "b", "c", "d"]
    assert [one.labeler for one in prompts[0].rankings] == ["ann", "ben"]
    assert [one.pairs for one in prompts[0].rankings] == [[(0, 1), (0, 2)], [(3, 2)]]
    assert count_comparisons(prompts) == 4
    assert not left_out


def test_ties_only_are_left_out_and_counted(read):
    prompts, left_out = read(ranking("p", "hello", ["a", "b", "c"], [1, 1, 1]), ranking("q", "hi", ["a", "b"], [1, 2]))
    assert [prompt.uid for prompt in prompts] == ["q"]
    assert left_out == {TIES_ONLY: 1}


def test_equal_texts_are_scored_once_and_never_compared(read):
    prompts, left_out = read(ranking("p", "hello", ["same", "same", "other"], [1, 2, 3]))
    assert prompts[0].texts == ["same", "other"]
    assert prompts[0].rankings[0].pairs == [(0, 1), (0, 1)]
    assert left_out == {EQUAL_TEXTS: 1}


def test_the_test_split_is_never_read(read):
    prompts, left_out = read(
        ranking("p", "hello", ["a", "b"], [1, 2], split="test"),
        ranking("q", "hello", ["a", "b"], [1, 2], split="validation"),
    )
    assert [prompt.split for prompt in prompts] == ["validation"]
    assert not left_out


def test_a_corrected_ranking_does_not_count(read):
    first = ranking("p", "hello", ["a", "b"], [1, 2])
    prompts, left_out = read(first, ranking("p", "hello", ["a", "b"], [2, 1], labeler="adj", supersedes=first.uid))
    assert [one.pairs for one in prompts[0].rankings] == [[(1, 0)]]
    assert left_out == {CORRECTED: 1}


def test_the_context_is_kept_for_the_model(read):
    prompts, _ = read(ranking("p", "hello", ["a", "b"], [1, 2], context="Sources"))
    assert (prompts[0].messages, prompts[0].context) == ([{"role": "user", "content": "hello"}], "Sources")


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"record":"ranking/1"}', b'{"record":"ranking/1","completions":5}'])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "rankings.jsonl"
    path.write_bytes(line + b"\n")
    with pytest.raises(BadInput, match=r"rankings\.jsonl: line 1: ") as caught:
        read_rankings(path)
    assert caught.value.field == "rankings.jsonl"


def test_a_record_of_another_kind_is_named(tmp_path):
    path = tmp_path / "rankings.jsonl"
    write(path, [demonstration("d", "hello", "hi")])
    with pytest.raises(BadInput, match="line 1 is a demonstration/1, not a ranking/2"):
        read_rankings(path)


def test_a_ranking_made_of_several_is_a_ranking(read):
    said = ranking("p", "hello", ["a", "b", "c"], [1, 2, 2], labeler="ann")
    part = PartRecord(uid=said.uid, labeler=said.labeler, tiers=said.tiers, weight=1.25)
    own = {field.name: getattr(said, field.name) for field in fields(said)}
    own["labeler"] = LabelerRecord(pseudonym="", kind="consensus", cohort="training")
    made = ConsensusRecord(
        **own, method="aggregated", judgments=[part, part], agreement=1.0, reliability=0.9, resolution=None
    )
    prompts, _ = read(made)
    assert [one.pairs for one in prompts[0].rankings] == [[(0, 1), (0, 2)]]
    assert not prompts[0].rankings[0].by_one
