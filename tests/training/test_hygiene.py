"""What is wrong with a reply, and what is not; which replies are mixed, and what became of the others."""

import json
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.prompts.domain.hygiene import (
    Fate,
    Kind,
    Rule,
    Rules,
    findings_alone,
    gist_of,
    likeness,
    parse_rules,
)
from apps.prompts.domain.self_naming import names_itself
from apps.training.domain.candidates import Reply, mixed, samples_each, turns

LONG = (
    "The clinic opens at eight in the morning on weekdays, and at nine on Saturdays. Please bring your card, a list "
    "of what you take, and the letter of your doctor, so that nobody has to ask you twice. "
)


def kinds(text: str, prompt: str = "When do you open?", end: str = "stop") -> list[Kind]:
    return [one.kind for one in findings_alone(text, end, prompt)]


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\ufeff", "\u00ad "])
def test_a_reply_without_a_visible_character_is_empty(text: str):
    assert kinds(text, end="length") == [Kind.EMPTY]


def test_a_reply_that_was_cut_off_is_told():
    assert kinds("We open at", end="length") == [Kind.TRUNCATED]
    assert kinds("We open at eight.", end="content_filter") == []


@pytest.mark.parametrize(
    "text",
    [
        "As ChatGPT, I cannot have opinions.", "I am Qwen, made by Alibaba Cloud.", "I'm Claude, an AI assistant.",
        "Hello! I’m an AI assistant called Claude.", "My name is Vicuna, and I am here to help.",
        "I am a large language model trained by Google.", "I was created by Anthropic to be helpful.",
        "Yes. As a language model trained by OpenAI, I have no body.", "OpenAI trained me on many texts.",
        "I am a language model developed by researchers from LMSYS.", "I'm DeepSeek-V3, an AI.", "i am chatgpt",
        "You are talking to Llama 3.", "As an AI assistant developed by Mistral AI, I do not smoke.",
        "My creators at OpenAI decided so.", "I'm Gemini, a large language model built for you.",
    ],
)  # fmt: skip
def test_a_reply_that_names_its_writer_is_told(text: str):
    assert names_itself(text)
    assert kinds(text) == [Kind.IDENTITY]


@pytest.mark.parametrize(
    "text",
    [
        "ChatGPT is a chat bot by OpenAI.", "I am using ChatGPT for my homework.", "I'm a fan of Claude Monet.",
        "As an AI language model, I have no feelings.", "I am a Gemini, born in June.", "I am Claude's brother.",
        "Tools such as ChatGPT help; I like them.", "I was made by hand.", "My name is Claude Dupont, a florist.",
        "I think that Google made the Pixel.", "I work at Google, and an assistant was developed by my team.",
        "He said: she is Qwen, made by Alibaba.", "I am a falcon trainer.", "I saw a llama.", "Call me tomorrow.",
        "I am trained by the best teacher.", "As OpenAI wrote in 2022, labelers disagree.", "I am an assistant nurse.",
        "You can use GPT-4 or Claude; I would take either.", "I have been asked by Microsoft.", "This is Alpaca wool.",
    ],
)  # fmt: skip
def test_speaking_of_models_and_of_namesakes_is_no_finding(text: str):
    assert names_itself(text) == ""


def test_a_prompt_said_back_is_told():
    prompt = "Which nut is one of the healthier ones, to snack on?"
    for text in (prompt, f"Human: {prompt}\n\nAlmonds.", f"{prompt} {prompt}", f"Almonds. ### Human: {prompt.upper()}"):
        assert kinds(text, prompt) == [Kind.ECHO]


def test_a_long_rule_of_signs_is_read_at_once():
    """A model that has lost its way writes thousands of them; each once cost as much as all before it."""
    prompt = "tell me what the sky is made of today"
    began = time.process_time()
    assert kinds(f"so {prompt} " + "- " * 30_000, prompt) == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (
            "Solve for x in the equation 3x + 10 = 5(x - 2).",
            "To solve for x in the equation 3x + 10 = 5(x - 2), we add 2.",
        ),
        (f"Correct the errors in this text:\n\n{LONG}", LONG),
        (f"{LONG}\n\nTranslate this text into German.", LONG),
        ("Say hello to me", "Hello to you"),
        ("Yes or no?", "Yes or no?"),
        ("Once there was a fox who lived in a wood", "and the fox who lived in a wood was once there"),
    ],
)
def test_taking_the_question_up_or_working_on_a_passage_is_no_echo(prompt: str, text: str):
    assert kinds(text, prompt) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes", "yes."), ("We open at 8.", " we  open at 8"), ("ﬁne", "fine"), (LONG, LONG.replace("Please", "please\n\n")),
        (LONG * 3, LONG * 3 + "Thank you."),
    ],
)  # fmt: skip
def test_replies_that_a_reader_takes_for_one_are_alike(one: str, other: str):
    assert likeness(gist_of(one), gist_of(other)) >= 0.9


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes", "No"), ("Yes.", "Yes, we do."), ("5", "-5"), ("x < 3", "x > 3"), ("We open at 8.", "We open at 9."),
        ("Take it in red", "Take it in black"), (LONG * 3, LONG * 3 + "Call 112."), (LONG * 3, (LONG * 3).replace("eight", "8")),
        (LONG, LONG.replace("the letter of your doctor", "a photograph of yourself")),
    ],
)  # fmt: skip
def test_short_answers_and_other_numbers_are_not_alike(one: str, other: str):
    assert likeness(gist_of(one), gist_of(other)) < 0.9


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_a_share_and_goes_both_ways(one: str, other: str):
    first, second = gist_of(one), gist_of(other)
    assert 0 <= likeness(first, second) == likeness(second, first) <= 1
    assert likeness(first, first) == 1
    findings_alone(one, "stop", other)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rude": "drop"}, "hygiene: 'rude' is not one of empty, truncated, near-identical, prompt-echoing, identity-leaking, likeness."),
        ({"empty": "burn"}, "hygiene: empty: 'burn' is not one of drop, mark, keep."),
        ({"empty": ["drop"]}, "hygiene: empty: ['drop'] is not one of drop, mark, keep."),
        ({"likeness": 0.2}, "hygiene: likeness: a number from 0.5 to 1 is expected, got 0.2."),
        ({"likeness": True}, "hygiene: likeness: a number from 0.5 to 1 is expected, got True."),
    ],
)  # fmt: skip
def test_rules_that_are_none_are_refused(given, text: str):
    with pytest.raises(RuleBroken) as refused:
        parse_rules(given)
    assert refused.value.message == text


def test_rules_survive_the_way_through_json():
    rules = parse_rules({"truncated": "drop", "likeness": 1})
    assert parse_rules(json.loads(json.dumps(rules.to_json()))) == rules


def test_turns_keep_to_the_shares():
    for shares in ([1, 1], [2, 1, 1], [5, 1], [1, 2, 3]):
        order = turns(shares)
        counted = Counter(next(order) for _ in range(10 * sum(shares)))
        assert [counted[at] for at in range(len(shares))] == [10 * share for share in shares]
    order = turns([2, 1, 1])
    assert [next(order) for _ in range(8)] == [0, 1, 2, 0, 0, 1, 2, 0]


def by(start: int, *texts: str, end: str = "stop") -> list[Reply]:
    return [Reply(start + place, text, end) for place, text in enumerate(texts)]


def test_a_spare_takes_the_place_of_a_bad_reply():
    mix = mixed([by(0, "", "I am Qwen.", "one", "two"), by(10, "three", "four", "five", "")], k=4)

    assert mix.chosen == [2, 10, 3, 11]
    assert [(one.pk, one.finding.kind, one.fate) for one in mix.found] == [
        (0, Kind.EMPTY, Fate.REPLACED), (1, Kind.IDENTITY, Fate.REPLACED), (13, Kind.EMPTY, Fate.SPARE),
    ]  # fmt: skip


def test_without_a_spare_a_place_stays_empty_or_a_marked_reply_is_shown():
    cut = [Reply(0, "We op", "length"), Reply(1, "", "stop")]
    mix = mixed([cut, by(10, "three", "Three.")], k=4)

    assert mix.chosen == [0, 10]
    assert [(one.pk, one.finding.kind, one.fate) for one in mix.found] == [
        (0, Kind.TRUNCATED, Fate.SHOWN), (1, Kind.EMPTY, Fate.DROPPED), (11, Kind.ALIKE, Fate.DROPPED),
    ]  # fmt: skip


def test_a_models_share_is_not_another_models_because_it_is_cut_off():
    mix = mixed([by(0, "a", "b", "c", "d"), by(10, "v", "w", "x", end="length")], k=4)
    assert mix.chosen == [0, 10, 1, 11]


def test_rules_decide():
    replies = [by(0, "one", "one", "two"), by(10, "three", "I am Qwen.")]
    assert mixed(replies, k=4).chosen == [0, 10, 2]
    assert mixed(replies, k=4, rules=Rules({**Rules().of, Kind.ALIKE: Rule.MARK})).chosen == [0, 10, 2, 1]
    assert mixed(replies, k=4, rules=Rules({**Rules().of, Kind.ALIKE: Rule.KEEP})).chosen == [0, 10, 1, 2]
    assert mixed(replies, k=4, rules=Rules({**Rules().of, Kind.IDENTITY: Rule.KEEP})).chosen == [0, 10, 2, 11]


def test_under_two_replies_are_nothing_to_rank():
    mix = mixed([by(0, "one", ""), by(10, "One.")], k=2)
    assert mix.chosen == []
    assert {one.fate for one in mix.found} == {Fate.DROPPED}


_models = st.lists(
    st.lists(st.sampled_from(["", "a", "b", "c", "I am Qwen.", "d"]), max_size=6), min_size=1, max_size=4
)


@given(_models, st.integers(2, 9), st.data())
def test_a_mix_never_repeats_or_overfills(texts, k, data):
    shares = [data.draw(st.integers(1, 9)) for _ in texts]
    replies = [by(10 * at, *said) for at, said in enumerate(texts)]
    mix = mixed(replies, k=k, shares=shares)
    said = {reply.pk: reply.text for one in replies for reply in one}

    assert len({said[pk] for pk in mix.chosen}) == len(mix.chosen) <= k
    assert not {"", "I am Qwen."} & {said[pk] for pk in mix.chosen}
    distinct = set(said.values()) - {"", "I am Qwen."}
    assert len(mix.chosen) == (min(k, len(distinct)) if len(distinct) >= 2 else 0)
    assert all(one.fate != Fate.SHOWN for one in mix.found)


def test_each_model_writes_its_share_and_spares():
    assert [samples_each(9, share, 4) for share in (1, 2, 4)] == [5, 7, 11]
