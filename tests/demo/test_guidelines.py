"""The demo's guidelines: their length, and the headings that the product links to."""

import pytest

from tests.demo.texts import COMPLETIONS, CONTENT, PROMPTS, word_count


def headings(name):
    lines = (CONTENT / name).read_text(encoding="utf-8").splitlines()
    return [line[3:] for line in lines if line.startswith("## ")]


@pytest.mark.parametrize(
    ("name", "fewest", "most"), [("guideline.md", 900, 1400), ("evaluation-guideline.md", 250, 400)]
)
def test_guideline_length(name, fewest, most):
    assert fewest <= word_count((CONTENT / name).read_text(encoding="utf-8")) <= most


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


def test_readme_tells_the_right_numbers():
    readme = (CONTENT / "README.md").read_text(encoding="utf-8")
    assert f"{len(PROMPTS)} prompts with {len(COMPLETIONS)} completions" in readme
