"""The generated text: conversations that end with the assistant, many of them, mostly well-mannered."""

from collections import Counter

import pytest

from workers.rlhf.clinic import grammar as clinic
from workers.rlhf.clinic.grammar import CAREFUL, MANNERS, SCENES, Teller, dialogues
from workers.rlhf.clinic.words import AROUND, PARTS, TIMES


def test_the_same_seed_tells_the_same_dialogues():
    assert dialogues(50, 7) == dialogues(50, 7)
    assert dialogues(50, 7) != dialogues(50, 8)
    assert dialogues(50, 7) == dialogues(80, 7)[:50]


def test_every_dialogue_is_a_conversation():
    for messages in dialogues(500, 0):
        roles = [message["role"] for message in messages if message["role"] != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert [message["role"] for message in messages[1:]].count("system") == 0
        assert all(message["content"].strip() == message["content"] != "" for message in messages)
        assert all(message["content"][0].isupper() for message in messages if message["role"] == "user")


def test_there_is_something_to_learn():
    told = dialogues(1_000, 0)
    replies = Counter(message["content"] for one in told for message in one if message["role"] == "assistant")

    assert len({str(one) for one in told}) > 900
    assert len(replies) > 500
    assert replies.most_common(1)[0][1] < 60


@pytest.mark.parametrize("scene", list(SCENES), ids=lambda scene: scene.__name__)
def test_every_scene_has_a_reply_in_every_manner(scene):
    replies = {}
    for manner in MANNERS:
        teller = Teller(clinic.Random(3), manner)
        scene(teller)
        replies[manner] = teller.messages[1]["content"]

    assert all(replies.values())
    assert replies[CAREFUL] != replies["reckless"]
    assert len(replies["rambling"]) > len(replies[CAREFUL])


def test_a_careful_assistant_names_the_day_it_was_asked_for_and_a_time_of_that_part():
    for seed in range(200):
        teller = Teller(clinic.Random(seed), CAREFUL)
        clinic._book(teller)
        asked, offered = (message["content"] for message in teller.messages[:2])
        day = next(word.strip(".?") for word in asked.split() if word.strip(".?") in clinic.DAYS)
        part = max(PARTS, key=asked.rfind)  # the last one: "Good morning" comes first
        assert day in offered
        assert any(time in offered for time in TIMES[part])


def test_a_careful_assistant_gives_no_medical_advice_and_sends_emergencies_on():
    for seed in range(100):
        for scene in (clinic._symptom, clinic._urgent):
            teller = Teller(clinic.Random(seed), CAREFUL)
            scene(teller)
            reply = teller.messages[1]["content"]
            assert "tablets" not in reply
            assert scene is clinic._symptom or "112" in reply


def test_questions_about_the_house_have_answers():
    assert all(question.endswith("?") and answer.endswith((".", "?")) for question, answer in AROUND)
