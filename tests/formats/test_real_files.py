"""Real preferences in their own programs' shapes come in as what the reshaped files say."""

import json

import pytest

from apps.core.domain.ranking import dense
from apps.imports.domain.line import parse_line
from tests.formats.shapes import hh_line, oasst_tree, rows
from tests.real.files import lines_of, real_file


def jsonl(values) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def array(values) -> bytes:
    return json.dumps(values, indent=2).encode()


@pytest.mark.parametrize("written", [jsonl, array])
def test_hh_transcripts(written):
    lines = lines_of(real_file("hh_helpful_kwise"))
    found = rows(written([hh_line(line) for line in lines]), "hh", size=65_536)

    assert len(found) == len(lines)
    for row, line in zip(found, lines, strict=True):
        assert row.problem is None, (row.problem, line)
        ours, ranks = parse_line(row.value), line["rankings"][0]["ranks"]
        assert ours.messages == line["messages"]
        by_rank = sorted(zip(ranks, [one["text"] for one in line["completions"]], strict=True))
        assert [one.text for one in ours.completions] == [text for _, text in by_rank]
        assert [(one.labeler, one.kind, one.tiers) for one in ours.rankings] == [("hh-crowd", "pool", (1, 2))]


def test_openassistant_trees():
    lines = lines_of(real_file("oasst_kwise"))
    found = rows(jsonl([oasst_tree(line) for line in lines]), "oasst", size=65_536)

    assert [row.problem for row in found if row.problem] == []
    ours = {line.external_id: line for line in (parse_line(row.value) for row in found)}
    for line in lines:
        one = ours[line["prompt_id"]]
        assert one.messages == line["messages"]
        assert one.source_key == f"tree-{line['prompt_id']}"
        assert [(c.id, c.model, c.text) for c in one.completions] == [
            (c["id"], c["model"], c["text"]) for c in line["completions"]
        ]
        assert one.rankings[0].tiers == tuple(dense(line["rankings"][0]["ranks"]))
        assert (one.rankings[0].labeler, one.rankings[0].kind) == ("oasst-consensus", "pool")
    earlier = sum(sum(message["role"] == "user" for message in line["messages"]) - 1 for line in lines)
    assert len(found) == len(lines) + earlier  # the prompts on the way come in too


@pytest.mark.parametrize("name", ["pandalm_kwise", "pandalm_pairs"])
def test_any_columns(name):
    """PandaLM under other names: nested, with the annotators' ranks as three columns of one import each."""
    lines = lines_of(real_file(name))
    foreign = [
        {
            "key": line["prompt_id"],
            "dialog": {"turns": [{"from": "human", "value": line["messages"][0]["content"]}]},
            "outs": [{"said": {"words": one["text"]}, "model": one["model"]} for one in line["completions"]],
            "votes": {one["labeler"]: one["ranks"] for one in line["rankings"]},
        }
        for line in lines
    ]
    mapping = {
        "prompt_id": "key", "messages": "dialog.turns", "completions": "outs", "text_in": "said.words",
        "ranks": "votes.annotator1", "labeler": {"value": "annotator1"}, "labeler_kind": "person", "metadata": [],
    }  # fmt: skip
    found = rows(array(foreign), "jsonl", size=65_536, columns=mapping)

    for row, line in zip(found, lines, strict=True):
        own = {one["labeler"]: one["ranks"] for one in line["rankings"]}
        if "annotator1" not in own:
            assert row.problem is not None
            continue
        assert row.problem is None, row.problem
        ours = parse_line(row.value)
        assert ours.messages == line["messages"]
        assert [(one.model, one.text) for one in ours.completions] == [
            (one["model"], one["text"]) for one in line["completions"]
        ]
        assert ours.rankings[0].tiers == tuple(dense(own["annotator1"]))
