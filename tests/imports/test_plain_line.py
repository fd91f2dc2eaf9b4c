"""The quick way and the exact way say the same of any line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.imports.domain.line import TEXT_MAX, parse_line
from apps.imports.domain.plain_line import plain_line

# Texts that PostgreSQL refuses, are half characters, empty, unprintable or blank are as likely as good ones.
hostile = st.sampled_from(["", " ", "\x00", "a\x00b", "\ud800", "é", "日本", "a\tb\n", "\\N", "x" * 201, "😀"])
texts = st.one_of(st.text(max_size=8), hostile)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**66), 2**66), st.floats(allow_nan=True, allow_infinity=True), texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


def mostly(good: st.SearchStrategy) -> st.SearchStrategy:
    """Mostly what belongs there; now and then anything."""
    return st.one_of(good, good, good, good, values)


def objects(required: dict, optional: dict) -> st.SearchStrategy:
    return st.fixed_dictionaries(required, optional=optional)


messages = st.lists(
    mostly(
        objects(
            {"role": mostly(st.sampled_from(["user", "assistant", "system"])), "content": mostly(st.text(max_size=8))},
            {"name": values},
        )
    ),
    max_size=4,
).map(lambda found: [*found, {"role": "user", "content": "And now?"}])
completions = st.lists(
    mostly(
        objects(
            {"text": mostly(st.text(max_size=3))},
            {"model": mostly(st.sampled_from(["a", "b", "c"])), "id": mostly(texts), "score": values},
        )
    ),
    max_size=10,
)
rankings = st.lists(
    mostly(
        objects(
            {
                "labeler": mostly(st.sampled_from(["ann", "ben"])),
                "ranks": mostly(st.lists(st.integers(0, 4), max_size=4)),
            },
            {"kind": mostly(st.sampled_from(["person", "pool", "model", "simulated"])), "at": values},
        )
    ),
    max_size=2,
)
lines = st.one_of(
    objects(
        {},
        {
            "prompt": mostly(st.text(max_size=8)),
            "messages": mostly(messages),
            "context": mostly(texts),
            "completions": mostly(completions),
            "rankings": mostly(rankings),
            "demonstration": mostly(texts),
            "demonstration_labeler": mostly(texts),
            "prompt_id": mostly(texts),
            "use_case": mostly(texts),
            "language": mostly(texts),
            "sensitive": mostly(st.booleans()),
            "source": mostly(st.one_of(texts, st.dictionaries(texts, values, max_size=2))),
            "source_key": mostly(texts),
            "metadata": mostly(st.dictionaries(texts, values, max_size=2)),
            "anything": values,
        },
    ),
    values,
)


@given(lines)
def test_the_quick_way_agrees_with_the_exact_one(value):
    quick = plain_line(value)
    if quick is not None:
        assert quick == parse_line(value)


def good_line(**more: object) -> dict:
    return {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi \\ there\t?"}],
        "completions": [{"id": "1", "model": "a", "text": "Yes"}, {"model": None, "text": ""}],
        "rankings": [{"labeler": "ann", "ranks": [1, 1]}, {"labeler": "ben", "kind": "pool", "ranks": [2, 1]}],
        "prompt_id": "p", "context": "", "use_case": "chat", "language": "en", "sensitive": True, "source": {"a": [1, 2.5]},
        "source_key": "user 7", "metadata": {"b": None}, "own": "key",
    } | more  # fmt: skip


@pytest.mark.parametrize("line", [good_line(), {"prompt": "Hi?"}, {"prompt": "Hi?", "completions": [], "rankings": []}])
def test_common_lines_take_the_quick_way(line):
    assert plain_line(line) == parse_line(line)


@pytest.mark.parametrize(
    "broken",
    [
        {"messages": []}, {"messages": None}, {"context": 0}, {"context": []}, {"completions": {}}, {"rankings": ""},
        {"use_case": 0}, {"language": False}, {"source_key": 0}, {"sensitive": 1}, {"sensitive": "yes"}, {"source": 3},
        {"metadata": []}, {"metadata": {"own": 1}}, {"prompt": "both"}, {"context": "x" * (TEXT_MAX + 1)},
        {"completions": [{"text": "a"}, {"text": "a"}]}, {"rankings": [{"labeler": "ann", "ranks": [1, 3]}]},
        {"rankings": [{"labeler": "ann", "ranks": [1, 2]}] * 2}, {"prompt_id": ""}, {"source": {"a": "\x00"}},
        {"own": 2**70}, {"own": float("nan")},
    ],
    ids=lambda broken: repr(broken)[:40],
)  # fmt: skip
def test_what_breaks_a_rule_is_left_to_the_exact_way(broken):
    assert plain_line(good_line(**broken)) is None
    with pytest.raises(RuleBroken):
        parse_line(good_line(**broken))
