"""What is counted in a text, by hand; and sentences in another language."""

import string

import pytest

from apps.quality.domain.bias.coverage import UseCase, groups, languages, use_cases
from apps.quality.domain.bias.estimate import Sentence, Why
from apps.quality.domain.bias.features import features_of, words_of
from apps.quality.domain.bias.found import Found
from apps.quality.domain.bias.lessons import Lesson
from apps.quality.domain.bias.marks import Mark

RICH = """# Heading

Perhaps **this** helps! It *might*.

- one
* two
1. three
2) four

```python
x = "# not the point"
```
"""


def counted(text: str, mark: Mark, language: str | None = "en") -> int:
    return int(features_of([text], [language]).mark(mark)[0])


@pytest.mark.parametrize(
    ("mark", "number"),
    [
        (Mark.HEADINGS, 1), (Mark.BOLD, 1), (Mark.LISTS, 4), (Mark.CODE, 2), (Mark.EXCLAMATION, 1), (Mark.HEDGING, 2),
        (Mark.POLITENESS, 0), (Mark.EMOJI, 0), (Mark.FORMATTING, 8),
    ],
)  # fmt: skip
def test_a_rich_text(mark: Mark, number: int):
    assert counted(RICH, mark) == number


def test_what_is_no_mark():
    text = "3 - 2 = 1, maybes, a * b * c, C# and snake__case; 1.5"
    assert all(counted(text, mark) == 0 for mark in Mark)


def test_phrases():
    # Where two phrases overlap the first is counted: "I'm sorry, but I" takes the "I" of "I can't help".
    assert counted("I’m sorry, but I can't help with that.", Mark.REFUSAL) == 1
    assert counted("I cannot help. As an AI I won't.", Mark.REFUSAL) == 3
    assert counted("Thank you! I'D BE HAPPY to.", Mark.POLITENESS) == 2
    assert counted("Yes 🎉🎉 ¡sí!", Mark.EMOJI) == 2


@pytest.mark.parametrize(("language", "number"), [("en", 1), ("en-GB", 1), ("EN", 1), ("de", 0), (None, 0), ("", 0)])
def test_word_lists_are_english(language: str | None, number: int):
    assert counted("maybe", Mark.HEDGING, language) == number
    assert counted("- a list", Mark.LISTS, language) == 1


def test_words_to_read():
    assert words_of(["two words", "", "我们 去 吧", "mixed 文字 text", "a\n\nb"]).tolist() == [2, 0, 4, 4, 2]
    assert features_of(["né"], [None]).characters.tolist() == [2]


def test_languages_are_one_a_text():
    with pytest.raises(ValueError, match="languages"):
        features_of(["a"], [])


def test_languages():
    found = languages({"en": 90, "de-AT": 6, "fr": 3, "": 1}, [{"en-GB"}, {"en", "de"}])
    assert [(row.language, row.knowing) for row in found.rows] == [("en", 2), ("de-AT", 1), ("fr", 0)]
    assert (found.without, found.unknown) == (3, 1)
    assert "fr" in str(found.told.found)
    assert "3.0 %" in str(found.told.found)


def test_use_cases():
    found = use_cases([UseCase("chat", 100, 80, 5), UseCase("rewrite", 50, 10, 4), UseCase("extract", 10, 9, 1)])
    assert found.behind == ("rewrite", "extract")
    assert use_cases([UseCase("chat", 10, 5, 1)]).behind == ()
    assert use_cases([]).behind == ()


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ({"a": 9, "b": 7, "c": 0}, {"a": 9, "b": 7, "c": None}),
        ({"a": 9, "b": 7, "c": 3}, {"a": 9, "b": None, "c": None}),
        ({"a": 9, "b": 2, "c": 1}, {"a": None, "b": None, "c": None}),
        ({"a": 9, "b": 4, "c": 4}, {"a": 9, "b": None, "c": None}),
        ({"a": 9, "b": 1}, {"a": None, "b": None}),
        ({"a": 2, "b": 1}, {"a": None, "b": None}),
        ({}, {}),
    ],
)
def test_nobody_can_be_picked_out(answers: dict[str, int], shown: dict[str, int | None]):
    found = groups("age", answers)
    assert found.answers == shown
    assert found.persons == (sum(answers.values()) if sum(answers.values()) >= 5 else None)


def test_sentences_are_translated_with_their_places():
    german = {Found.NOT_SAID.value: "Nichts: {why}", Why.TOO_FEW_PROMPTS.value: "weniger als {fewest}"}
    sentence = Sentence(Found.NOT_SAID, {"why": Sentence(Why.TOO_FEW_PROMPTS, {"fewest": 20})})
    assert sentence.text(lambda text: german[text]) == "Nichts: weniger als 20"
    mark = Sentence(Lesson.MORE, {"mark": Mark.BOLD})
    assert str(mark).endswith("bold passages.")


def test_places_of_sentences_have_names():
    for words in (*Found, *Lesson, *Why):
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(words.value))
