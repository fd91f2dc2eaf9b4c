"""The demo's texts keep the promises that apps/demo/content/README.md makes about them."""

import itertools
import re
import statistics
from collections import Counter

import pytest

from tests.demo.texts import (
    BY_ID,
    COMPLETION_FLAGS,
    COMPLETIONS,
    MODELS,
    OPTIONAL_KEYS,
    PROMPT_FILES,
    PROMPT_FLAGS,
    PROMPTS,
    REQUIRED_KEYS,
    SHARES,
    USE_CASES,
    best_letters,
    each_prompt,
    has_flag,
    message_text,
    ranks,
    rtl_share,
    spearman,
    texts,
    word_count,
)

# One file at a time


@each_prompt
def test_keys_and_values(prompt):
    assert prompt.keys() >= REQUIRED_KEYS
    assert prompt.keys() <= REQUIRED_KEYS | OPTIONAL_KEYS
    assert prompt["use_case"] in USE_CASES
    assert isinstance(prompt["sensitive"], bool)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", prompt["id"])
    assert prompt["why"].strip()
    assert prompt.get("context", "some").strip()
    assert prompt.get("prompt_flags", {}).keys() <= PROMPT_FLAGS
    assert set(prompt.get("prompt_flags", {}).values()) <= {"yes"}
    assert prompt["sensitive"] == has_flag(prompt, "sensitive")


@each_prompt
def test_conversation_alternates_and_ends_with_the_user(prompt):
    roles = [message["role"] for message in prompt["messages"]]
    if roles[0] == "system":
        roles = roles[1:]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    assert all(message["content"].strip() for message in prompt["messages"])


@each_prompt
def test_completions_are_well_formed(prompt):
    completions = prompt["completions"]
    assert 2 <= len(completions) <= 9
    assert "".join(c["id"] for c in completions) == "abcdefghi"[: len(completions)]
    for completion in completions:
        assert completion.keys() - {"flags"} == {"id", "model", "quality", "traits", "text"}
        assert completion["model"] in MODELS
        assert 1.0 <= completion["quality"] <= 7.0
        assert completion["traits"]


@each_prompt
def test_completion_flags_fit_the_prompt(prompt):
    constrained = has_flag(prompt, "other_explicit_constraints")
    for completion in prompt["completions"]:
        flags = completion.get("flags", {})
        assert flags.keys() <= COMPLETION_FLAGS
        others = {value for name, value in flags.items() if name != "satisfies_constraint"}
        assert others <= {"yes"}
        if "hallucination" in flags:
            assert has_flag(prompt, "closed_domain"), "a hallucination needs sources"
        if completion["text"]:
            assert ("satisfies_constraint" in flags) == constrained
        assert flags.get("satisfies_constraint", "yes") in {"yes", "no"}


@each_prompt
def test_context_means_closed_domain(prompt):
    if "context" in prompt:
        assert has_flag(prompt, "closed_domain")


@each_prompt
def test_demonstration_is_no_copy_of_a_completion(prompt):
    if "demonstration" in prompt:
        assert prompt["demonstration"].strip()
        assert prompt["demonstration"] not in texts(prompt["id"]).values()


@each_prompt
def test_some_completions_are_good_and_some_are_not(prompt):
    qualities = [completion["quality"] for completion in prompt["completions"]]
    assert max(qualities) >= 6
    if len(qualities) > 2:
        assert min(qualities) <= 3.5


# The set as a whole


def test_files_are_numbered_and_named_after_no_other():
    assert [path.name[:3] for path in PROMPT_FILES] == [f"{n:02}-" for n in range(1, 61)]
    assert len(BY_ID) == 60
    assert len(COMPLETIONS) == 312


def test_no_two_prompts_are_equal():
    assert len({message_text(prompt) for prompt in PROMPTS}) == len(PROMPTS)


def test_every_use_case_occurs_about_as_often_as_in_instructgpt_and_the_four_commonest_lead():
    counts = Counter(prompt["use_case"] for prompt in PROMPTS)
    assert set(counts) == set(USE_CASES)
    for use_case, share in SHARES.items():
        assert abs(100 * counts[use_case] / len(PROMPTS) - share) < 6, use_case
    assert counts.most_common(1)[0][0] == "generation"
    assert min(counts[name] for name in USE_CASES[:4]) > max(counts[name] for name in USE_CASES[4:])


def test_about_half_are_from_the_clinic():
    assert 26 <= sum(prompt["source_key"].startswith("clinic-") for prompt in PROMPTS) <= 34


def test_candidate_counts_vary():
    sizes = Counter(len(prompt["completions"]) for prompt in PROMPTS)
    assert set(sizes) >= {2, 3, 4, 5, 6, 7, 9}
    assert sizes[2] >= 2
    assert sizes[9] >= 2
    assert sum(sizes[size] for size in (4, 5, 6, 7)) >= 50, "InstructGPT's K is 4 to 9"


def test_some_sources_own_several_prompts():
    owned = Counter(prompt["source_key"] for prompt in PROMPTS)
    assert sum(count > 1 for count in owned.values()) >= 3


def test_twenty_six_demonstrations():
    assert sum("demonstration" in prompt for prompt in PROMPTS) == 26


def test_languages():
    languages = Counter(prompt["language"] for prompt in PROMPTS)
    assert set(languages) == {"en", "ar", "de", "es", "fr", "he", "it", "ja"}
    assert {p["language"] for p in PROMPTS if rtl_share(message_text(p)) > 0.5} == {"ar", "he"}


def test_one_prompt_one_context_and_one_completion_are_very_long():
    """What the room collapses with a word count; each about as long as 4,000 tokens, or a quarter of it."""
    messages = [n for n in (word_count(message_text(prompt)) for prompt in PROMPTS) if n > 500]
    assert len(messages) == 1
    assert 900 <= messages[0] <= 1300
    for kind in (
        [prompt.get("context", "") for prompt in PROMPTS],
        [completion["text"] for completion in COMPLETIONS],
    ):
        (long,) = [text for text in kind if word_count(text) > 500]
        assert 2_500 <= word_count(long) <= 3_500
        paragraphs = [line for line in long.splitlines() if word_count(line) > 10]
        assert len(set(paragraphs)) == len(paragraphs), "no filling by repetition"


def test_hard_kinds_of_prompt_are_there():
    assert sum("context" in prompt for prompt in PROMPTS) >= 9
    assert 12 <= sum(prompt["sensitive"] for prompt in PROMPTS) <= 16
    assert sum(has_flag(prompt, "ambiguous") for prompt in PROMPTS) >= 4
    assert sum(prompt["messages"][0]["role"] == "system" for prompt in PROMPTS) >= 8
    assert sum(len(prompt["messages"]) >= 3 for prompt in PROMPTS) >= 10


def prompts_with(pattern):
    """How many prompts have it in a message, the context or a completion."""
    return sum(
        any(re.search(pattern, text) for text in (message_text(p), p.get("context", ""), *texts(p["id"]).values()))
        for p in PROMPTS
    )


def test_hard_kinds_of_text_are_there():
    assert prompts_with(r"```") >= 5
    assert prompts_with(r"\|---") >= 5
    assert prompts_with(r"(?<!\$)\$[^$\n]*\\[a-z]+[^$\n]*\$(?!\$)") >= 4, "mathematics in a line"
    assert prompts_with(r"\$\$[^$]*\\[a-z]+[^$]*\$\$") >= 4, "mathematics on a line of its own"
    assert prompts_with(r"\$\d+\.\d\d\b") >= 1, "dollars that are no mathematics"
    assert prompts_with("[\U0001f300-\U0001faff\u2600-\u27bf]") >= 8, "emoji"
    assert prompts_with("\u200d") >= 1, "an emoji of several characters"
    assert prompts_with(r"<script>|<img|<b>") >= 1, "tags that are text"


def test_one_empty_completion_and_one_equal_pair():
    assert sum(completion["text"] == "" for completion in COMPLETIONS) == 1
    equal = [
        (a, b)
        for prompt in PROMPTS
        for a, b in itertools.combinations(prompt["completions"], 2)
        if a["text"] == b["text"]
    ]
    assert len(equal) == 1
    ((a, b),) = equal
    assert a["model"] != b["model"]
    assert (a["quality"], a.get("flags")) == (b["quality"], b.get("flags"))


# Nothing but reading gives the quality away


def test_best_completion_is_spread_over_the_letters():
    counts = Counter(best_letters(prompt)[0] for prompt in PROMPTS)
    assert set("abcdefg") <= set(counts)
    assert max(counts.values()) <= len(PROMPTS) / 4


def test_length_says_little_about_quality():
    lengths = [len(completion["text"]) for completion in COMPLETIONS]
    qualities = [completion["quality"] for completion in COMPLETIONS]
    assert abs(spearman(lengths, qualities)) < 0.35


def test_length_says_little_about_quality_within_a_prompt():
    """Each prompt's own ranks, scaled to -1..1, so that long prompts do not decide."""
    pairs = []
    for prompt in PROMPTS:
        completions = prompt["completions"]
        scale = (len(completions) - 1) / 2
        lengths = ranks([len(c["text"]) for c in completions])
        qualities = ranks([c["quality"] for c in completions])
        pairs += [
            ((length - 1) / scale - 1, (quality - 1) / scale - 1)
            for length, quality in zip(lengths, qualities, strict=True)
        ]
    assert abs(statistics.correlation(*zip(*pairs, strict=True))) < 0.35


@pytest.mark.parametrize("pick", [min, max])
def test_neither_the_longest_nor_the_shortest_is_a_safe_bet(pick):
    is_best = []
    for prompt in PROMPTS:
        chosen = pick(prompt["completions"], key=lambda completion: len(completion["text"]))
        is_best.append(chosen["id"] in best_letters(prompt))
    assert 1 <= sum(is_best) <= len(PROMPTS) / 2


def test_no_model_is_always_good_or_always_bad():
    for model in MODELS:
        qualities = [c["quality"] for c in COMPLETIONS if c["model"] == model]
        assert min(qualities) < 3.5
        assert max(qualities) > 5.5
