import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.prompts.domain.conversation import clean_messages
from apps.prompts.domain.split import split_of


def said(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": f"text of {role}"} for role in roles]


@pytest.mark.parametrize("roles", [["user"], ["system", "user"], ["user", "assistant", "user"], ["user", "user"]])
def test_a_conversation_ends_with_the_user(roles):
    assert [message["role"] for message in clean_messages(said(*roles))] == roles


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1).filter(str.strip))
def test_contents_are_kept_to_the_letter(text):
    assert clean_messages([{"role": "user", "content": text}])[0]["content"] == text


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        (None, "messages"),
        ([], "messages"),
        ("hello", "messages"),
        ([5], "messages[0]"),
        (said("user", "assistant"), "messages"),
        (said("user", "system", "user"), "messages[1].role"),
        (said("human"), "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": 5}], "messages[0].content"),
        ([{"role": "user", "content": " \n"}], "messages"),
        ([{"role": "user", "content": "a\x00b"}], "messages[0].content"),
        ([{"role": "user", "content": "\ud800"}], "messages[0].content"),
        ([{"role": "user", "content": "x", "name": "y"}], "messages[0].name"),
    ],
)
def test_a_broken_rule_names_the_message(messages, field):
    with pytest.raises(RuleBroken) as error:
        clean_messages(messages)
    assert error.value.field == field


def test_one_source_stands_on_one_side():
    for user in range(50):
        assert len({split_of(1, f"user-{user}", f"hash-{text}") for text in range(20)}) == 1


def test_splits_are_80_10_10_and_another_seed_cuts_otherwise():
    splits = [split_of(1, "", f"hash-{text}") for text in range(20_000)]

    assert splits.count("train") / 20_000 == pytest.approx(0.8, abs=0.01)
    assert splits.count("validation") / 20_000 == pytest.approx(0.1, abs=0.01)
    assert splits != [split_of(2, "", f"hash-{text}") for text in range(20_000)]
