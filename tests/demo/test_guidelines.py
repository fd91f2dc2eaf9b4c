"""The demo's guidelines: their length, and the headings that the product links to."""

import re

import pytest

from apps.core.documents import render_document
from apps.demo import content
from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.domain.rules import RANKING, Subject, rules_of_fields
from apps.projects.domain.seed_schema import SEED_SCHEMA
from tests.demo.texts import COMPLETIONS, CONTENT, PROMPTS, word_count


def text(name):
    """As labelers read it: without the fields' names behind headings."""
    return re.sub(r" \{#[^}]*\}$", "", (CONTENT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


def headings(name):
    return [line[3:] for line in text(name).splitlines() if line.startswith("## ")]


@pytest.mark.parametrize(
    ("name", "fewest", "most"), [("guideline.md", 900, 1400), ("evaluation-guideline.md", 250, 400)]
)
def test_guideline_length(name, fewest, most):
    assert fewest <= word_count(text(name)) <= most


def test_guideline_headings_the_product_links_to():
    assert headings("guideline.md") == [
        "The question",
        "Helpful, truthful, harmless",
        "Intent",
        "Unclear prompts",
        "The scale",
        "Flags",
        "Hallucination",
        "The ladder",
        "Ties",
        "What should not impress you",
        "Worked examples",
        "Looking after yourself",
        "Asking",
    ]


def test_every_question_about_an_output_has_its_rule():
    document, schema = render_document(content.guideline()), parse_schema(SEED_SCHEMA)
    found = rules_of_fields(document.rules, [*schema.scales, *schema.flags, Subject(RANKING, "Ranking")])
    assert [one.field.name for one in found if not one.sure] == []
    assert "{#" not in document.html


def test_readme_tells_the_right_numbers():
    readme = (CONTENT / "README.md").read_text(encoding="utf-8")
    assert f"{len(PROMPTS)} prompts with {len(COMPLETIONS)} completions" in readme
