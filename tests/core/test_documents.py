"""A guideline as a document: addresses of its rules, and where two versions differ."""

import re
import time

import pytest

from apps.core.documents import blocks_of, render_document
from apps.core.domain.difference import Row, difference


def changes(old: str, new: str) -> list[str]:
    """What is not the same, as `kind: [-gone-]{+come+} words`."""
    return [told(row) for row in difference(blocks_of(old), blocks_of(new)) if row.change != "same"]


def told(row: Row) -> str:
    signs = {"same": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
    return f"{row.change} {row.block.kind}: " + "".join(
        signs[run.change].format("".join(piece.text for piece in run.pieces)) for run in row.runs
    )


# --- addresses ----------------------------------------------------------------------------------


def test_a_heading_is_addressed_by_its_words_or_by_the_names_behind_it():
    document = render_document("# Title\n\nHello.\n\n## Ties & Ranks\n\n### Facts {#hallucination #other_name}\n\nNo.")
    assert [(rule.anchor, rule.title, rule.level, rule.names) for rule in document.rules] == [
        ("rule-ties-ranks", "Ties & Ranks", 2, ()),
        ("rule-hallucination", "Facts", 3, ("hallucination", "other-name")),
    ]
    assert '<h4 id="rule-hallucination" dir="auto">Facts</h4>' in document.html
    assert [heading.title for heading in document.headings] == ["Ties & Ranks"]
    assert [section.anchor for section in document.sections] == ["rule-title", "rule-ties-ranks", "rule-hallucination"]


def test_its_headings_stand_below_the_pages_own_without_a_gap():
    titled = render_document("# Title\n\n## Ties\n\n# Flags\n\n#### Deep\n\n> # Quoted")
    assert re.findall("<h[1-6]", titled.html) == ["<h2", "<h3", "<h2", "<h3", "<h2"]
    assert [rule.level for rule in titled.rules] == [2, 1, 4]
    assert re.findall("<h[1-6]", render_document("## Ties\n\n## Flags").html) == ["<h2", "<h2"]


def test_equal_headings_get_addresses_of_their_own_and_none_is_taken_from_the_page():
    document = render_document("## Main\n\n## Main\n\n## !?\n\n## main")
    assert [rule.anchor for rule in document.rules] == ["rule-main", "rule-main-2", "rule-part", "rule-main-3"]


@pytest.mark.parametrize(
    "heading", ['## A {#x" onclick="alert(1)}', "## <b>B</b> {#ok}", "## C {#" + "x" * 200 + "}", "## [D](javascript:alert(1)) {#d}"]
)  # fmt: skip
def test_a_hostile_heading_stays_text(heading):
    html = render_document(heading).html
    assert "onclick=" not in html.replace("&quot;", '"').split(">")[0]
    assert "<b>" not in html
    assert "href" not in html


# --- differences --------------------------------------------------------------------------------


def test_words_are_marked_within_their_block():
    assert changes("One. Tie when you like.\n\nTwo.", "One. Tie *whenever* you like.\n\nTwo.") == [
        "changed p: One. Tie [-when -]{+whenever +}you like."
    ]


def test_blocks_come_and_go_and_entries_of_lists_and_rows_are_blocks():
    old = "## A\n\n- one thing here\n- two things here\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nGone now."
    new = "## A\n\n- one thing here\n- two things there\n- three\n\n| a | b |\n|---|---|\n| 1 | 3 |"
    assert changes(old, new) == [
        "changed item: two things [-here-]{+there+}",
        "inserted item: {+three+}",
        "changed row: 1 | [-2-]{+3+}",
        "deleted p: [-Gone now.-]",
    ]


def test_space_line_breaks_and_names_of_headings_are_no_difference():
    assert changes("## A\n\nOne two.", "## A {#a}\n\nOne  two.") == []


def test_making_bold_is_a_difference():
    assert changes("Tie freely.", "Tie **freely**.") == ["changed p: Tie [-freely-]{+freely+}."]


def test_writings_without_spaces_are_compared_by_their_signs():
    assert changes("患者は予約を変更した", "患者は予約を取消した") == ["changed p: 患者は予約を[-変更-]{+取消+}した"]


def test_a_reversed_comparison_swaps_what_came_and_went():
    old, new = "Be kind.\n\nBe brief.", "Be kind and honest.\n\nBe brief."
    assert changes(old, new) == ["changed p: Be kind {+and honest+}."]
    assert changes(new, old) == ["changed p: Be kind [-and honest-]."]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b " * 40_000, "b a a " * 30_000),
        ("x\n\n" * 50_000, "y\n\nx\n\n" * 25_000),
        ("\n\n".join(f"p {n % 9} q" for n in range(9_000)), "\n\n".join(f"p {n % 7} q" for n in range(9_000))),
    ],
    ids=["words", "blocks", "alike"],
)
def test_what_cannot_be_compared_in_time_is_replaced_whole(old, new):
    blocks = blocks_of(old), blocks_of(new)
    began = time.process_time()
    rows = difference(*blocks)
    assert time.process_time() - began < 10
    assert {row.change for row in rows} - {"same"}
