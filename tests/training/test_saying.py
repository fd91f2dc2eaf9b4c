"""Sentences are English as they stand, and are looked up whole, with the sentences in them, where they are shown."""

from apps.training.domain.readings.saying import as_it_is, listed, said, said_of, translate

GERMAN = {
    "It beats {rule}.": "Es schlägt {rule}.",
    "a bag of words": "einen Sack voll Wörter",
    "length": "Länge",
}


def one(text: str) -> str:
    return GERMAN.get(text, text)


def plural(single: str, many: str, number: int) -> str:
    return "{n} Antwort" if number == 1 else "{n} Antworten"


def test_a_sentence_is_its_english():
    assert said("It beats {rule}.", rule=said("a bag of words")) == "It beats a bag of words."
    assert said_of("{n} reply", "{n} replies", 1, n=1) == "1 reply"
    assert said_of("{n} reply", "{n} replies", 3, n=3) == "3 replies"


def test_a_sentence_is_translated_with_what_is_in_it():
    assert (
        translate(said("It beats {rule}.", rule=said("a bag of words")), one, plural)
        == "Es schlägt einen Sack voll Wörter."
    )
    assert translate(said_of("{n} reply", "{n} replies", 3, n=3), one, plural) == "3 Antworten"
    assert translate(listed([said("length"), as_it_is("code")]), one, plural) == "Länge, code"
    assert translate("a bag of words", one, plural) == "a bag of words"  # a program's own text


def test_braces_of_others_are_texts():
    assert said("{name}: weak", name="{rule} {0}") == "{rule} {0}: weak"
    assert as_it_is("{") == "{"
