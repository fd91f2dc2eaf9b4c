"""Where a machine can check a claim about a completion, the demo's flags are right."""

import json
import re

import pytest

from tests.demo.texts import BY_ID, letters_satisfying, message_text, texts, word_count


def test_reminder_flags_agree_with_counting():
    for letter, text in texts("clinic-reminder-rewrite").items():
        if letter in letters_satisfying("clinic-reminder-rewrite"):
            assert len(text) <= 160
            assert "!" not in text
            for fact in ("17 March", "8:40", "Dr Lindqvist", "valid insurance card", "reply C", "24 h"):
                assert fact.lower() in text.lower()


def test_mole_reply_flags_agree_with_counting():
    for letter, text in texts("clinic-reply-mole").items():
        fits = word_count(text) <= 110 and "Wednesday" not in text
        assert fits == (letter in letters_satisfying("clinic-reply-mole"))


def test_minutes_flags_agree_with_counting():
    for letter, text in texts("clinic-meeting-minutes").items():
        fits = word_count(text) <= 120 and all(line.startswith("- ") for line in text.splitlines())
        assert fits == (letter in letters_satisfying("clinic-meeting-minutes"))


def test_satisfying_stories_keep_to_length_and_words():
    story = texts("story-ferry-bell")
    for letter in letters_satisfying("story-ferry-bell"):
        assert 80 <= word_count(story[letter]) <= 120
        assert "\n" not in story[letter]
        assert not re.search(r"\b(last|final|never|goodbye)\b", story[letter], re.IGNORECASE)


def test_satisfying_json_parses_and_has_the_keys_asked_for():
    request = message_text(BY_ID["clinic-voicemail-json"])
    for letter in letters_satisfying("clinic-voicemail-json"):
        record = json.loads(texts("clinic-voicemail-json")[letter])
        assert len(record) == 9
        assert all(key in request for key in record)


def test_rota_flags_agree_with_the_rules():
    for letter, text in texts("flat-cleaning-rota").items():
        rows = [re.split(r"\s*\|\s*", line.strip("| "))[1:] for line in text.splitlines()[2:]]
        fair = all(len(set(line)) == 4 for line in [*rows, *zip(*rows, strict=False)])
        wishes = fair and rows[1][0] != "Mira" and rows[3][3] == "Levin"
        assert wishes == (letter in letters_satisfying("flat-cleaning-rota"))


def fixed_free_slots(letter):
    """The function in a completion of the code prompt. These texts are our own."""
    block = re.search(r"```python\n(.*?)```", texts("fix-free-slots")[letter], re.DOTALL)
    namespace = {"__name__": "completion"}
    exec(block[1], namespace)
    return namespace["free_slots"]


@pytest.mark.parametrize("letter", ["a", "c", "d"])
def test_right_fixes_are_right(letter):
    free_slots = fixed_free_slots(letter)
    assert free_slots(540, 600, [], 30) == [540, 570]
    assert free_slots(540, 720, [(570, 600)], 30) == [540, 600, 630, 660, 690]
    assert free_slots(540, 720, [(570, 600), (540, 660)], 30) == [660, 690]
    assert free_slots(540, 720, [(600, 630), (540, 555)], 45) == [555, 630, 675]


def test_wrong_fixes_are_wrong_where_the_reader_should_find_it():
    assert fixed_free_slots("b")(540, 720, [(540, 660), (570, 600)], 30) == [600, 630, 660, 690]
    assert fixed_free_slots("f")(540, 720, [(540, 555)], 45) == [585, 630, 675]
