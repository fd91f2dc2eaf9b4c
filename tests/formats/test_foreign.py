"""What other programs' files say, and what is wrong with them, item by item."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.imports.domain.columns import HINTED
from apps.imports.domain.line import ImportLine, parse_line
from tests.formats.shapes import read, rows

REPLIES = [{"message_id": f"r{n}", "role": "assistant", "text": f"t{n}", "rank": n} for n in range(3)]


def tree(replies=REPLIES, **more):
    prompt = {"message_id": "p", "role": "prompter", "text": "Hi?", "lang": "en", "replies": replies, **more}
    return {"message_tree_id": "tree", "tree_state": "ready_for_export", "prompt": prompt}


def said(lines: list[ImportLine]):
    return [([m["content"] for m in line.messages], [c.text for c in line.completions]) for line in lines]


def tiers(line: ImportLine):
    return [list(one.tiers) for one in line.rankings]


# OpenAssistant


def test_every_prompter_of_a_tree_is_a_prompt():
    follow = {
        "message_id": "q",
        "role": "prompter",
        "text": "And?",
        "replies": [{"message_id": "s", "role": "assistant", "text": "So."}],
    }
    lines, problems = read([tree([{**REPLIES[0], "replies": [follow]}, REPLIES[1]])], "oasst")
    assert problems == []
    assert said(lines) == [(["Hi?"], ["t0", "t1"]), (["Hi?", "t0", "And?"], ["So."])]
    assert [tiers(line) for line in lines] == [[[1, 2]], []]
    assert {line.source_key for line in lines} == {"tree"}


def test_consensus_ranks_may_tie_and_need_not_be_dense():
    (line,), _ = read(
        [tree([{**REPLIES[0], "rank": 2}, {**REPLIES[1], "rank": 0}, {**REPLIES[2], "rank": 2}])], "oasst"
    )
    assert tiers(line) == [[2, 1, 2]]


def test_replies_without_a_rank_are_no_ranking():
    (line,), problems = read([tree([REPLIES[0], {**REPLIES[1], "rank": None}])], "oasst")
    assert (tiers(line), len(line.completions), problems) == ([], 2, [])


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"deleted": True}, "prompt.replies[1]", "deleted"),
        ({"text": " "}, "prompt.replies[1].text", "empty_message"),
        ({"text": None}, "prompt.replies[1].text", "empty_message"),
        ({"role": "prompter"}, "prompt.replies[1].role", "roles"),
        ({"message_id": "r0"}, "prompt.replies[1].message_id", "repeated_id"),
        ({"replies": 7}, "prompt.replies[1].replies", "not_a_message"),
    ],
)
def test_a_reply_that_is_left_out_is_reported(change, field, code):
    (line,), (problem,) = read([tree([REPLIES[0], {**REPLIES[1], **change}, REPLIES[2]])], "oasst")
    assert (problem.field, problem.code) == (field, code)
    kept = ["t0", "t2"] if code not in ("repeated_id", "not_a_message") else ["t0", "t1", "t2"]
    assert [one.text for one in line.completions] == kept


def test_ten_siblings_are_too_many_and_what_is_beneath_them_is_read():
    follow = {"message_id": "q", "role": "prompter", "text": "And?", "replies": []}
    many = [
        {"message_id": f"m{n}", "role": "assistant", "text": f"t{n}", "replies": [follow] if n == 9 else []}
        for n in range(10)
    ]
    lines, (problem,) = read([tree(many)], "oasst")
    assert (problem.field, problem.code) == ("prompt.replies", "too_many_completions")
    assert said(lines) == [(["Hi?", "t9", "And?"], [])]


def test_a_deep_tree_is_no_recursion():
    node = {"message_id": "end", "role": "prompter", "text": "end", "replies": []}
    for n in range(200):
        role = "assistant" if n % 2 == 0 else "prompter"
        node = {"message_id": str(n), "role": role, "text": "x", "replies": [node]}
    lines, problems = read([{"message_tree_id": "t", "prompt": node}], "oasst")
    assert (len(lines), problems) == (101, [])


@pytest.mark.parametrize(
    "value",
    [
        7,
        [],
        {},
        {"prompt": None},
        {"prompt": []},
        {"message_id": "x", "text": "flat"},
        {"prompt": {"role": "prompter"}},
    ],
)
def test_what_is_no_tree_is_named(value):
    lines, (problem,) = read([value], "oasst")
    assert lines == []
    assert problem.field.startswith(("prompt", "line"))


# HH-RLHF


def test_hh_of_two_conversations_is_refused():
    pair = {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: c\n\nAssistant: d"}
    _, (problem,) = read([pair], "hh")
    assert (problem.field, problem.code) == ("rejected", "different_prompts")


@pytest.mark.parametrize(
    ("pair", "field"),
    [
        ({"chosen": "\n\nHuman: a\n\nAssistant: b"}, "rejected"),
        ({"chosen": "no speaker", "rejected": "\n\nHuman: a\n\nAssistant: b"}, "chosen"),
        ({"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": 7}, "rejected"),
        ({"chosen": "\n\nHuman: a", "rejected": "\n\nHuman: a"}, "chosen"),
    ],
)
def test_hh_that_is_no_pair_is_named(pair, field):
    lines, (problem,) = read([pair], "hh")
    assert (lines, problem.field) == ([], field)


def test_hh_drops_a_stray_label_at_the_end():
    talk = "\n\nHuman: a\n\nAssistant: "
    (line,), _ = read([{"chosen": talk + "b\n\nHuman: ", "rejected": talk + "c", "kept": 1}], "hh")
    assert [one.text for one in line.completions] == ["b", "c"]
    assert line.metadata == {"kept": 1}


# Label Studio


def task(result, data=None, **annotation):
    data = data or {"prompt": "Rank.", "items": [{"id": n, "text": f"t{n}"} for n in "xyz"]}
    return {"id": 1, "data": data, "annotations": [{"id": 1, "completed_by": 5, "result": result, **annotation}]}


def ranker(value):
    return [{"from_name": "rank", "to_name": "items", "type": "ranker", "value": {"ranker": value}}]


def test_buckets_are_ties_once_their_order_is_named():
    given = ranker({"good": ["z", "x"], "bad": ["y"]})
    (line,), _ = read([task(given)], "label-studio")
    assert tiers(line) == []
    assert line.metadata["results"][0]["value"] == {"ranker": {"good": ["z", "x"], "bad": ["y"]}}
    (line,), _ = read([task(given)], "label-studio", columns={"buckets": ["good", "bad"]})
    assert tiers(line) == [[1, 2, 1]]
    (line,), _ = read([task(given)], "label-studio", columns={"buckets": ["bad", "fair", "good"]})
    assert tiers(line) == [[2, 1, 2]]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"rank": ["x", "y"]}, "wrong_rank_count"),
        ({"rank": ["x", "y", "y"]}, "ranked_twice"),
        ({"rank": ["x", "y", "q"]}, "unknown_name"),
    ],
)
def test_a_ranking_that_is_none_is_reported_and_the_others_count(value, code):
    one = task(ranker(value))
    one["annotations"].append({"id": 2, "completed_by": 6, "result": ranker({"rank": ["z", "y", "x"]})})
    (line,), (problem,) = read([one], "label-studio")
    assert (problem.field, problem.code) == ("annotations[0].rank", code)
    assert tiers(line) == [[3, 2, 1]]


def test_an_annotator_counts_once_an_item():
    one = task(ranker({"rank": ["x", "y", "z"]}))
    one["annotations"].append({"id": 2, "completed_by": 5, "result": ranker({"rank": ["z", "y", "x"]})})
    (line,), (problem,) = read([one], "label-studio")
    assert (tiers(line), problem.code) == ([[1, 2, 3]], "labeler_twice")


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Answer 2", [2, 1]), ("left", [1, 2]), ("Tie", [1, 1]), ("equally good", [1, 1]), ("unclear", None)],
)
def test_choices_over_two_replies(word, expected):
    result = [{"from_name": "pick", "to_name": "q", "type": "choices", "value": {"choices": [word]}}]
    (line,), _ = read([task(result, {"question": "Which?", "answer1": "One.", "answer2": "Two."})], "label-studio")
    assert tiers(line) == ([expected] if expected else [])
    assert bool(line.metadata.get("results")) == (expected is None)


def test_choices_by_their_own_words():
    result = [{"from_name": "pick", "to_name": "q", "type": "choices", "value": {"choices": ["B wins"]}}]
    one = task(result, {"question": "Which?", "answer1": "One.", "answer2": "Two."})
    (line,), _ = read([one], "label-studio", columns={"winners": {"A wins": 1, "B wins": 2, "both": 0}})
    assert tiers(line) == [[2, 1]]


def test_a_text_area_without_replies_is_a_demonstration():
    result = [{"from_name": "t", "to_name": "q", "type": "textarea", "value": {"text": ["One.", "Two."]}}]
    (line,), _ = read([task(result, {"text": "Write."})], "label-studio")
    assert (line.demonstration.labeler, line.demonstration.text) == ("label-studio-5", "One.\nTwo.")


def test_a_conversation_and_predictions():
    data = {"dialogue": [{"author": "User", "text": "Hi"}], "extra": 1}
    (line,), _ = read([{"id": 1, "data": data, "annotations": [], "predictions": [{"score": 1}]}], "label-studio")
    assert line.messages == [{"content": "Hi", "role": "user"}]
    assert line.metadata == {"data": {"extra": 1}, "predictions": [{"score": 1}]}


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (7, "line"), ({"id": 1}, "data"), ({"data": {"picture": "x.png"}}, "prompt"), ({"data": {"text": "x"}, "annotations": 7}, "annotations"),
        ({"data": {"text": "x"}, "annotations": [7]}, "annotations[0]"),
        (task([7]), "annotations[0].result[0]"), (task(7), "annotations[0].result"),
        ({"data": {"text": "x", "items": [{"id": 1}]}}, "data.items[0]"),
    ],
)  # fmt: skip
def test_what_is_no_task_is_named(value, field):
    lines, (problem,) = read([value], "label-studio")
    assert (lines, problem.field) == ([], field)


# Argilla


def test_version_1_records_by_user():
    record = {
        "fields": {"prompt": "Rank.", "reply_1": "a", "reply_2": "b", "reply_3": "c"}, "external_id": "e", "metadata": {"m": 1},
        "responses": [
            {"user_id": "u", "status": "submitted", "values": {"rank": {"value": [
                {"value": "reply_1", "rank": 2}, {"value": "reply_2", "rank": 1}, {"value": "reply_3", "rank": 2}]}}},
            {"user_id": "v", "status": "draft", "values": {"rank": {"value": [{"value": "reply_1", "rank": 1}]}}},
            {"user_id": "w", "status": "discarded", "values": {}},
        ],
    }  # fmt: skip
    (line,), problems = read([record], "argilla")
    assert (line.external_id, tiers(line), problems) == ("e", [[2, 1, 2]], [])
    assert line.rankings[0].labeler == "argilla-u"
    assert line.metadata == {"m": 1}


def test_version_1_of_the_hub():
    record = {
        "prompt": "Rank.", "reply-1": "a", "reply-2": "b", "external_id": "e", "metadata": '{"m": 1}',
        "ranking": [{"user_id": "u", "status": "submitted", "value": {"rank": [2, 1], "value": ["reply-1", "reply-2"]}}],
        "ranking-suggestion": None, "ranking-suggestion-metadata": {"type": None},
    }  # fmt: skip
    (line,), _ = read([record], "argilla")
    assert (tiers(line), [one.text for one in line.completions]) == ([[2, 1]], ["a", "b"])
    assert line.metadata["m"] == 1


def test_options_that_are_no_fields_are_named_by_the_mapping():
    record = {
        "id": "r", "fields": {"q": "Rank.", "one": "a", "two": "b"}, "metadata": {"by": ["gpt", "llama"]},
        "responses": {"rank": [{"value": ["second", "first"], "user_id": "u"}]},
    }  # fmt: skip
    columns = {
        "prompt": "q", "completions": ["one", "two"], "ids": [{"value": "first"}, {"value": "second"}],
        "models": ["metadata.by.0", "metadata.by.1"],
    }  # fmt: skip
    (line,), problems = read([record], "argilla", columns=columns)
    assert (tiers(line), problems) == ([[2, 1]], [])
    assert [(one.id, one.model, one.text) for one in line.completions] == [
        ("first", "gpt", "a"),
        ("second", "llama", "b"),
    ]


def test_two_questions_that_rank_need_a_name():
    answer = [{"value": ["response_2", "response_1"], "user_id": "u"}]
    record = {
        "fields": {"prompt": "?", "response_1": "a", "response_2": "b"},
        "responses": {"help": answer, "truth": answer},
    }
    _, (problem,) = read([record], "argilla")
    assert problem.code == "several_rankings"
    (line,), _ = read([record], "argilla", columns={"ranks": "truth"})
    assert tiers(line) == [[2, 1]]
    assert [one["question"] for one in line.metadata["answers"]] == ["help"]


@pytest.mark.parametrize(
    "value",
    [
        7, {}, {"fields": {}}, {"fields": {"image": 7}}, {"fields": {"prompt": "x"}, "responses": 7},
        {"fields": {"prompt": "x"}, "responses": {"q": 7}}, {"fields": {"prompt": "x"}, "responses": {"q": [7]}},
        {"fields": {"prompt": "x"}, "responses": [{"values": 7}]}, {"prompt": "x", "q.responses": 7},
        {"prompt": "x", "q.responses": ["a"], "q.responses.status": 7}, {"prompt": "x", "q.responses": ["a"], "q.responses.users": {"a": 1}},
    ],
)  # fmt: skip
def test_what_is_no_record_is_named(value):
    lines, (problem,) = read([value], "argilla")
    assert lines == []
    assert problem.message


@pytest.mark.parametrize("value", [7, None, {"value": ["response_1", "response_2"], "rank": 7}])
def test_an_answer_that_is_no_ranking_is_reported(value):
    record = {"fields": {"prompt": "x", "response_1": "a", "response_2": "b"}, "responses": {"q": [{"value": value}]}}
    (line,), (problem,) = read([record], "argilla", columns={"ranks": "q"})
    assert (line.rankings, problem.field.removesuffix(".rank")) == ((), "responses.q")


# Any of them, of anything

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            "prompt", "text", "data", "annotations", "result", "value", "type", "ranker", "choices", "fields", "responses",
            "values", "user_id", "status", "rank", "replies", "role", "message_id", "chosen", "rejected", "items", "id",
            "annotation_id", "completed_by", "email", "suggestions", "q.responses.status", "q.responses", "q.responses.users", "response_1", "response_2",
            "metadata", "from_name", "selected",
        ]), inner, max_size=5),
    max_leaves=14,
)  # fmt: skip


@given(
    st.sampled_from(["label-studio", "argilla", "hh", "oasst"]), st.lists(junk, min_size=1, max_size=3),
    st.none() | st.sampled_from([
        {"ranks": "q"}, {"ranks": "rank"}, {"completions": ["items", "text"], "ids": ["id", "text"], "models": ["metadata.id", "id"]},
        {"winner": "choices", "winners": {"a": 2}, "demonstration": "text"}, {"buckets": ["id", "items"], "completions": "items"},
    ]),
)  # fmt: skip
def test_nothing_is_too_strange_to_be_named(format, values, columns):
    """Whatever the items are: every row is a line that is accepted or refused by rule, or a problem."""
    for row in rows(json.dumps(values).encode(), format, columns=columns if format in HINTED else None):
        if row.problem is None:
            try:
                parse_line(row.value)
            except RuleBroken as broken:
                assert broken.field
