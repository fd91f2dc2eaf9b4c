"""The demo's texts as its tests read them, and what a labeler may say of them."""

import statistics
import unicodedata
from pathlib import Path

import pytest
import yaml

CONTENT = Path(__file__).resolve().parents[2] / "apps" / "demo" / "content"
PROMPT_FILES = sorted((CONTENT / "prompts").glob("*.yaml"))
PROMPTS = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PROMPT_FILES]
BY_ID = {prompt["id"]: prompt for prompt in PROMPTS}
COMPLETIONS = [completion for prompt in PROMPTS for completion in prompt["completions"]]

# InstructGPT, table 1: percent of the prompts, the commonest first
SHARES = {
    "generation": 45.6,
    "open_qa": 12.4,
    "brainstorming": 11.2,
    "chat": 8.4,
    "rewrite": 6.6,
    "summarization": 4.2,
    "classification": 3.5,
    "other": 3.5,
    "closed_qa": 2.6,
    "extract": 1.9,
}
USE_CASES = list(SHARES)
MODELS = {"demo-base", "demo-sft-small", "demo-sft-large", "demo-policy-1"}
# InstructGPT, table 3 without the overall score
COMPLETION_FLAGS = {
    "fails_instruction",
    "inappropriate_for_assistant",
    "hallucination",
    "satisfies_constraint",
    "sexual_content",
    "violent_content",
    "encourages_harm",
    "denigrates_protected_class",
    "harmful_advice",
    "expresses_opinion",
    "expresses_moral_judgment",
}
# InstructGPT, table 7
PROMPT_FLAGS = {
    "ambiguous",
    "sensitive",
    "identity_dependent",
    "closed_domain",
    "continuation_style",
    "asks_for_opinion_advice_or_moral_judgment",
    "explicit_safety_constraints",
    "other_explicit_constraints",
    "intent_unclear",
}
REQUIRED_KEYS = {
    "id",
    "use_case",
    "sensitive",
    "source_key",
    "language",
    "why",
    "messages",
    "completions",
}
OPTIONAL_KEYS = {"context", "prompt_flags", "demonstration"}

each_prompt = pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt["id"])


def has_flag(prompt, name):
    return prompt.get("prompt_flags", {}).get(name) == "yes"


def message_text(prompt):
    return "\n".join(message["content"] for message in prompt["messages"])


def word_count(text):
    return len(text.split())


def rtl_share(text):
    letters = [unicodedata.bidirectional(char) for char in text if char.isalpha()]
    return sum(kind in ("R", "AL") for kind in letters) / len(letters)


def ranks(values):
    """1-based ranks; equal values share the mean of their places."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]


def spearman(left, right):
    return statistics.correlation(ranks(left), ranks(right))


def best_letters(prompt):
    best = max(completion["quality"] for completion in prompt["completions"])
    return [c["id"] for c in prompt["completions"] if c["quality"] == best]


def texts(prompt_id):
    """Completion texts of a prompt by letter."""
    return {c["id"]: c["text"] for c in BY_ID[prompt_id]["completions"]}


def letters_satisfying(prompt_id):
    return {c["id"] for c in BY_ID[prompt_id]["completions"] if c["flags"]["satisfies_constraint"] == "yes"}
