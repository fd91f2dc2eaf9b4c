"""Other people's columns, named."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense
from apps.imports.domain.columns import columns_for, parse_columns, parse_hints
from apps.imports.domain.line import parse_line
from apps.imports.readers import Unreadable
from tests.formats.shapes import json_lines, read, rows

ME = {"labeler": {"value": "judge"}, "labeler_kind": "model"}


def as_jsonl(records):
    return json_lines(records)


def as_array(records):
    return json.dumps(records).encode()


def as_csv(records):
    out = io.StringIO()
    names = list(dict.fromkeys(name for record in records for name in record))
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(
        [{k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in record.items()} for record in records]
    )
    return out.getvalue().encode()


def as_parquet(records):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


WRITTEN = [("jsonl", as_jsonl), ("jsonl", as_array), ("csv", as_csv), ("parquet", as_parquet)]


def read_table(records, columns, format="jsonl", write=as_jsonl):
    found = rows(write(records), format, columns=columns)
    assert [row.problem for row in found if row.problem] == []
    return [parse_line(row.value) for row in found]


@pytest.mark.parametrize(("format", "write"), WRITTEN)
def test_scores_of_several_columns(format, write):
    """Like UltraFeedback's scored completions laid out flat; equal scores tie."""
    records = [
        {"id": 7, "instruction": "Add.", "input": "1 and 2", "a": "3", "b": "three", "c": "4", "sa": 9.5, "sb": 9.5, "sc": 1.0,
         "who": "judge", "lang": "en", "left": "kept"},
        {"id": 8, "instruction": "Say.", "input": "", "a": "x", "b": "y", "c": "z", "sa": 1.0, "sb": 2.0, "sc": 3.0,
         "who": "judge", "lang": "en", "left": "too"},
    ]  # fmt: skip
    columns = {
        "prompt_id": "id", "prompt": {"template": "{instruction}\n\n{input}"}, "completions": ["a", "b", "c"],
        "models": [{"value": "m1"}, {"value": "m2"}, {"value": "m3"}], "scores": ["sa", "sb", "sc"], "labeler": "who",
        "labeler_kind": "model", "language": "lang",
    }  # fmt: skip
    first, second = read_table(records, columns, format, write)
    assert (first.external_id, first.messages[0]["content"]) == ("7", "Add.\n\n1 and 2")
    assert second.messages[0]["content"] == "Say."
    assert [(one.model, one.text) for one in first.completions] == [("m1", "3"), ("m2", "three"), ("m3", "4")]
    assert [one.rankings[0].tiers for one in (first, second)] == [(1, 1, 2), (3, 2, 1)]
    assert (first.rankings[0].labeler, first.rankings[0].kind, first.language) == ("judge", "model", "en")
    assert [one.metadata for one in (first, second)] == [{"left": "kept"}, {"left": "too"}]


@pytest.mark.parametrize(("format", "write"), WRITTEN)
def test_nested_columns(format, write):
    record = {
        "talk": [{"from": "system", "value": "Be kind."}, {"from": "human", "value": "Hi"}],
        "outs": [{"said": {"words": "a"}, "model": "x"}, {"said": {"words": "b"}, "model": "y"}], "score": {"all": [2, 5]},
    }  # fmt: skip
    columns = {
        "messages": "talk",
        "completions": "outs",
        "text_in": "said.words",
        "scores": "score.all",
        "lower_is_better": True,
        **ME,
    }
    (line,) = read_table([record], columns, format, write)
    assert line.messages == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    assert [(one.model, one.text) for one in line.completions] == [("x", "a"), ("y", "b")]
    assert line.rankings[0].tiers == (1, 2)


PROMPT, BETTER, WORSE = (
    [{"role": "user", "content": "Hi"}],
    {"role": "assistant", "content": "a"},
    {"role": "assistant", "content": "b"},
)


@pytest.mark.parametrize(
    ("record", "columns"),
    [
        ({"p": "Hi", "c": "a", "r": "b"}, {"prompt": "p"}),
        ({"p": PROMPT, "c": [BETTER], "r": [WORSE]}, {"messages": "p"}),
        ({"p": PROMPT, "c": [*PROMPT, BETTER], "r": [*PROMPT, WORSE]}, {"messages": "p"}),
        ({"c": [*PROMPT, BETTER], "r": [*PROMPT, WORSE]}, {}),
        ({"c": "\n\nHuman: Hi\n\nAssistant: a", "r": "\n\nHuman: Hi\n\nAssistant: b"}, {}),
    ],
)
def test_every_way_of_chosen_and_rejected(record, columns):
    (line,) = read_table([record], {**columns, "chosen": "c", "rejected": "r", **ME})
    assert line.messages == PROMPT
    assert [one.text for one in line.completions] == ["a", "b"]
    assert line.rankings[0].tiers == (1, 2)


@pytest.mark.parametrize(("word", "tiers"), [("model_a", (1, 2)), ("model_b", (2, 1)), ("tie (bothbad)", (1, 1))])
def test_a_winner(word, tiers):
    record = {"q": "Hi", "a": "x", "b": "y", "m": ["gpt", "llama"], "won": word}
    winners = {"model_a": 1, "model_b": 2, "tie": 0, "tie (bothbad)": 0}
    columns = {"prompt": "q", "completions": ["a", "b"], "models": "m", "winner": "won", "winners": winners, **ME}
    (line,) = read_table([record], columns)
    assert line.rankings[0].tiers == tiers
    assert [one.model for one in line.completions] == ["gpt", "llama"]


def test_a_demonstration_and_a_sensitive_one():
    columns = {
        "prompt": "q",
        "demonstration": "d",
        "demonstration_labeler": {"value": "x"},
        "sensitive": "s",
        "system": "sys",
        "metadata": ["k.i"],
    }
    (line,) = read_table([{"q": "Hi", "d": "Ho", "s": "yes", "sys": "Be.", "k": {"i": 1}, "z": 2}], columns)
    assert (line.demonstration.labeler, line.demonstration.text, line.sensitive) == ("x", "Ho", True)
    assert line.messages[0] == {"role": "system", "content": "Be."}
    assert line.metadata == {"k.i": 1}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=2, max_size=9), st.booleans())
def test_scores_are_ranks_with_ties(scores, lower):
    record = {"q": "Hi", "c": [str(n) for n in range(len(scores))], "s": scores}
    (line,) = read_table([record], {"prompt": "q", "completions": "c", "scores": "s", "lower_is_better": lower, **ME})
    order = scores if lower else [-score for score in scores]
    assert list(line.rankings[0].tiers) == dense(order)


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"c": ["a", "b"], "s": [1, 2]}, "prompt"),
        ({"q": 7, "c": ["a", "b"], "s": [1, 2]}, "messages"),
        ({"q": "Hi", "c": "a", "s": [1, 2]}, "completions"),
        ({"q": "Hi", "c": ["a", 7], "s": [1, 2]}, "completions[1]"),
        ({"q": "Hi", "c": ["a", "b"], "s": [1]}, "scores"),
        ({"q": "Hi", "c": ["a", "b"], "s": [1, None]}, "scores[1]"),
        ({"q": "Hi", "c": ["a", "b"], "s": [1, "high"]}, "scores[1]"),
        ({"q": "Hi", "c": ["a", "b"], "s": [1, "nan"]}, "scores[1]"),
        (7, "line"),
    ],
)
def test_a_row_that_does_not_fit_is_named(record, field):
    lines, (problem,) = read([record], "jsonl", columns={"prompt": "q", "completions": "c", "scores": "s", **ME})
    assert (lines, problem.field) == ([], field)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        (7, "columns"), ({}, "columns.prompt"), ({"prompt": "q", "messages": "m"}, "columns.messages"),
        ({"prompt": "q", "colour": "x"}, "columns.colour"), ({"prompt": ""}, "columns.prompt"), ({"prompt": 7}, "columns.prompt"),
        ({"prompt": {"template": "no hole"}}, "columns.prompt"), ({"prompt": {"value": 1, "more": 2}}, "columns.prompt"),
        ({"prompt": "q", "completions": []}, "columns.completions"), ({"prompt": "q", "completions": ["a"] * 10}, "columns.completions"),
        ({"prompt": "q", "scores": "s", **ME}, "columns.completions"), ({"prompt": "q", "completions": "c", "scores": "s"}, "columns.labeler"),
        ({"prompt": "q", "completions": ["a", "b"], "scores": ["s"], **ME}, "columns.scores"),
        ({"prompt": "q", "completions": "c", "scores": "s", "ranks": "r", **ME}, "columns.ranks"),
        ({"chosen": "c", **ME}, "columns.rejected"), ({"chosen": "c", "rejected": "r"}, "columns.labeler"),
        ({"chosen": "c", "rejected": "r", "completions": "x", **ME}, "columns.completions"),
        ({"prompt": "q", "completions": "c", "winner": "w", **ME}, "columns.winners"),
        ({"prompt": "q", "winners": {"a": 10}}, "columns.winners.a"), ({"prompt": "q", "labeler_kind": "robot"}, "columns.labeler_kind"),
        ({"prompt": "q", "metadata": ["a", "a"]}, "columns.metadata"), ({"prompt": "q", "lower_is_better": 1}, "columns.lower_is_better"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_is_named(columns, field):
    with pytest.raises(RuleBroken) as refused:
        parse_columns(columns)
    assert refused.value.field == f"options.{field}"
    with pytest.raises(Unreadable):
        rows(b"{}", "jsonl", columns=columns)


def test_only_what_can_use_a_mapping_takes_one():
    assert parse_hints({}).prompt is None
    assert columns_for("argilla", {"ranks": "q"}).ranks.path == "q"
    assert columns_for("oasst", None) is None
    with pytest.raises(RuleBroken, match="takes no mapping"):
        columns_for("hh", {"prompt": "q"})


@pytest.mark.parametrize("step", ["²", "--1", "-", "٣", "9" * 400])
def test_a_step_that_is_no_place_in_a_list_finds_nothing(step):
    _, (problem,) = read([{"q": ["Hi?"]}], "jsonl", columns={"prompt": f"q.{step}"})
    assert (problem.field, problem.code) == ("prompt", "column_missing")


# Half characters and whole numbers beyond floats too, as a file of JSON may hold them.
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.just(10**400)
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("qcsrmd"), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from("qcsrmd"), junk, max_size=6) | junk, min_size=1, max_size=3),
    st.sampled_from([
        {"prompt": "q", "completions": "c", "scores": "s", "models": "m"}, {"messages": "q", "completions": ["c", "m.0"], "ranks": ["s", "r"]},
        {"chosen": "c", "rejected": "r"}, {"messages": "q", "chosen": "c", "rejected": "r", "models": "m"},
        {"prompt": {"template": "{q} {m.q}"}, "completions": "c", "winner": "r", "winners": {"1": 1, "x": 2, "": 0}},
        {"prompt": "q", "demonstration": "d", "sensitive": "s", "source": "r", "source_key": "m", "metadata": ["c"]},
    ]),
)  # fmt: skip
def test_no_row_is_too_strange_to_be_named(records, columns):
    for row in rows(json.dumps(records).encode(), "jsonl", columns={**columns, **ME}):
        if row.problem is None:
            try:
                parse_line(row.value)
            except RuleBroken as broken:
                assert broken.field
