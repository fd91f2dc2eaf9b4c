"""A line as its import's options want it."""

import pytest

from apps.core.domain.errors import RuleBroken
from apps.imports.domain.language import language_of
from apps.imports.domain.limits import Limits
from apps.imports.domain.line import parse_line
from apps.imports.domain.options import parse_options
from apps.imports.domain.prefix import prefix_digest, prefix_of
from apps.imports.domain.screened import Finding, prepare_line

MAIL = "jane@corp.org"


def line(**keys):
    return parse_line({"prompt": "Hi?"} | keys)


def test_every_text_of_a_line_is_masked_and_named_by_hash_again():
    given = parse_line({
        "messages": [{"role": "system", "content": f"Be {MAIL}"}, {"role": "user", "content": f"{MAIL} or {MAIL}"}],
        "context": f"see {MAIL}", "demonstration": f"To {MAIL}",
        "completions": [{"model": "a", "text": f"{MAIL}!"}, {"model": "b", "text": "no"}],
        "rankings": [{"labeler": "x", "ranks": [1, 2]}],
    })  # fmt: skip
    prepared = prepare_line(given, parse_options({"pii": "mask"}))
    clean = parse_line({
        "messages": [{"role": "system", "content": "Be [email]"}, {"role": "user", "content": "[email] or [email]"}],
        "context": "see [email]", "demonstration": "To [email]",
        "completions": [{"model": "a", "text": "[email]!"}, {"model": "b", "text": "no"}],
        "rankings": [{"labeler": "x", "ranks": [1, 2]}],
    })  # fmt: skip
    assert prepared.line == clean
    assert prepared.findings == (
        Finding("messages[0].content", "email", 1), Finding("messages[1].content", "email", 2),
        Finding("context", "email", 1), Finding("completions[0].text", "email", 1), Finding("demonstration", "email", 1),
    )  # fmt: skip
    assert prepared.facts == {"pii_email": 6, "pii_masked": 1}


def test_a_clean_line_is_the_line_itself():
    given = line(completions=[{"text": "a"}, {"text": "b"}])
    prepared = prepare_line(given, parse_options({"pii": "withhold"}))
    assert prepared.line is given
    assert not prepared.facts


def test_withheld_says_what_and_where_and_not_the_secret():
    prepared = prepare_line(line(context=MAIL, demonstration="+49 30 1234567"), parse_options({"pii": "withhold"}))
    assert prepared.line is None
    assert prepared.problem.code == "pii_withheld"
    assert (
        prepared.problem.message == "line: withheld, it holds personal data: email in context, phone in demonstration."
    )
    assert prepared.facts == {"pii_email": 1, "pii_phone": 1, "pii_withheld": 1}


def test_two_replies_that_differed_by_an_address_only():
    given = line(completions=[{"model": "m", "text": "ann@corp.org"}, {"model": "m", "text": "bob@corp.org"}])
    prepared = prepare_line(given, parse_options({"pii": "mask"}))
    assert prepared.line is None
    assert prepared.problem.code == "equal_completions"
    apart = line(completions=[{"model": "m", "text": "ann@corp.org"}, {"model": "n", "text": "bob@corp.org"}])
    assert prepare_line(apart, parse_options({"pii": "mask"})).line


@pytest.mark.parametrize(
    ("metadata", "source_key"),
    [({"user": {"org": "acme"}}, "acme"), ({"user": {"org": 7}}, "7"), ({"user": "acme"}, "u1"), ({}, "u1"),
     ({"user": {"org": True}}, "u1"), ({"user": {"org": ""}}, "u1")],
)  # fmt: skip
def test_the_organisation_may_stand_in_metadata(metadata, source_key):
    prepared = prepare_line(line(source_key="u1", metadata=metadata), parse_options({"split_by": "metadata.user.org"}))
    assert prepared.line.source_key == source_key
    assert prepared.facts["without_source"] == (source_key == "u1")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Warum ist der Himmel blau?", "de"), ("¿Cuál es la capital de Perú?", "es"), ("Why is the sky blue?", "en"),
        ("为什么天空是蓝色的？", "zh"), ("Почему небо\nголубое?", "ru"), (" \n", ""), ("1 + 1", ""),
    ],
)  # fmt: skip
def test_languages(text, language):
    assert language_of(text) == language


def test_a_language_that_the_line_says_stands():
    said = line(language="nl")
    assert prepare_line(said, parse_options({"language": "detect"})).line is said
    assert prepare_line(line(), parse_options({"language": "fr"})).line.language == "fr"


def test_prefixes():
    messages = [{"role": "user", "content": "other"}, {"role": "user", "content": "abcdef"}]
    assert prefix_of(messages, 6) == "abcdef"
    assert prefix_of(messages, 3) == "abc"
    assert prefix_of(messages, 7) is None
    assert (
        len(
            {
                prefix_digest(1, 3, "abc"),
                prefix_digest(2, 3, "abc"),
                prefix_digest(1, 4, "abc"),
                prefix_digest(1, 3, "abd"),
            }
        )
        == 4
    )


def test_limits():
    limits = Limits(cap_per_source=2, quotas={"chat": 3})
    limits.sources["a"] = 1
    limits.take("a", "chat")
    with pytest.raises(RuleBroken, match="source"):
        limits.check("a", "chat")
    limits.check("", "chat")
    limits.check("b", "other")
    limits.take("b", "chat")
    limits.take("", "chat")
    with pytest.raises(RuleBroken, match="chat"):
        limits.check("c", "chat")
