"""Ranking pair by pair, in the second step of the room."""

import re

from playwright.sync_api import Page, expect

from apps.labeling.models import Judgment
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import schema_publish

from .axe import violations_in_both_themes
from .comparing import (
    LONG,
    MIXED,
    asked,
    expect_tiers,
    stands,
    submitted,
    task_of,
    tiers,
)


def answer_by(page: Page, truth: dict[str, int]) -> list[list[str]]:
    """Answer until nothing is asked; the pairs in order."""
    pairs = []
    while pair := asked(page):
        left, right = pair
        key = "=" if truth[left] == truth[right] else "1" if truth[left] < truth[right] else "2"
        page.keyboard.press(key)
        expect(page.locator("#pairs-heading")).not_to_have_text(f"Which would you rather receive, {left} or {right}?")
        pairs.append(pair)
        assert len(pairs) < 30
    return pairs


def test_pair_by_pair_with_ties_is_submitted_as_decided(ladder):
    page = ladder([f"Answer {number}" for number in range(5)], ranking="pairs")
    first = page.url
    expect(page.locator(".pairs-count")).to_have_text("At most 8 pairs are left, this one included.")
    truth = {"A": 2, "B": 1, "C": 2, "D": 3, "E": 1}
    pairs = answer_by(page, truth)
    assert len(pairs) <= 8
    expect_tiers(page, **truth)
    expect(page.locator("#pairs-heading")).to_be_visible()
    page.keyboard.press("Control+Enter")
    assert submitted(page, first) == truth


def test_one_press_too_many_moves_nothing_and_the_sheet_says_what_holds(ladder):
    page = ladder(["One", "Two", "Three"], ranking="pairs")
    asked(page)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("dd").first).to_have_text("The left one is better")
    expect(sheet).to_contain_text("Back a pair")
    expect(sheet).not_to_contain_text("Put it on that rung")
    page.keyboard.press("Escape")
    truth = {"A": 3, "B": 2, "C": 1}
    answer_by(page, truth)
    for key in ("1", "2", "=", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("?")
    expect(sheet).to_contain_text("Put it on that rung")
    page.keyboard.press("Escape")
    expect_tiers(page, **truth)


def test_a_key_right_behind_a_closed_sheet_answers_the_pair(ladder):
    """The sheet keeps the focus until the browser has drawn the page without it."""
    page = ladder(["One", "Two", "Three"], ranking="pairs")
    left, right = asked(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("""() => {
        document.querySelector("dialog").close();
        const key = new KeyboardEvent("keydown", { key: "2", code: "Digit2", bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(key);
    }""")
    expect_tiers(page, **{right: 1, left: 2})


def test_two_outputs_are_one_decision(ladder):
    page = ladder(["One", "Two"], ranking="pairs")
    first = page.url
    expect(page.locator(".pairs-count")).to_have_text("This is the last pair.")
    left, right = asked(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#pairs-heading")).to_have_text(re.compile("Every candidate has its place"))
    page.keyboard.press("Control+Enter")
    assert submitted(page, first) == {right: 1, left: 2}


def test_an_unfinished_row_of_pairs_stays_here(ladder):
    page = ladder(["One", "Two", "Three"], ranking="pairs")
    asked(page)
    page.keyboard.press("1")
    expect(page.locator(".pairs-count")).to_have_text("At most 2 pairs are left, this one included.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-submit-problem]")).to_contain_text("C")
    assert not Judgment.objects.exists()


def test_back_goes_one_pair_back_each_time(ladder):
    page = ladder([f"Answer {number}" for number in range(4)], ranking="pairs")
    truth = {"A": 1, "B": 2, "C": 4, "D": 3}
    pairs = answer_by(page, truth)
    expect_tiers(page, **truth)
    heading = page.locator("#pairs-heading")
    for left, right in reversed(pairs):
        page.keyboard.press("u")
        expect(heading).to_have_text(f"Which would you rather receive, {left} or {right}?")
    assert tiers(page) == {}
    expect(page.get_by_role("button", name="Back a pair")).to_be_disabled()
    other = {"A": 2, "B": 2, "C": 1, "D": 2}
    answer_by(page, other)
    expect_tiers(page, **other)


def test_undo_on_the_ladder_and_moves_by_hand_are_followed(ladder):
    page = ladder([f"Answer {number}" for number in range(4)], ranking="pairs")
    answer_by(page, {"A": 1, "B": 2, "C": 3, "D": 4})
    page.get_by_role("button", name="Undo U").click()  # the ladder's own: D has no place again
    assert "D" in asked(page)
    page.locator(".card[data-letter=D] .handle").focus()
    page.keyboard.press("1")  # in a card, digits are rungs
    expect_tiers(page, A=1, B=2, C=3, D=1)
    expect(page.locator("#pairs-heading")).to_have_text(re.compile("Every candidate has its place"))
    page.locator(".card[data-letter=B]").get_by_role("button", name="Move B down").click()
    first = page.url
    page.keyboard.press("Control+Enter")
    assert submitted(page, first) == {"A": 1, "B": 2, "C": 2, "D": 1}


def test_a_reload_goes_on_where_the_ladder_stands(ladder):
    page = ladder([f"Answer {number}" for number in range(4)], ranking="pairs")
    truth = {"A": 3, "B": 1, "C": 2, "D": 2}
    left, right = asked(page)
    page.keyboard.press("1" if truth[left] < truth[right] else "2")
    expect(page.locator("#saved")).to_have_text(re.compile(r"Saved \d\d:\d\d:\d\d"))
    page.reload()
    assert set(asked(page)) & {"C"}
    answer_by(page, truth)
    expect_tiers(page, **truth)


def test_pairs_by_touch_and_at_full_size(ladder):
    page = ladder(LONG, ranking="pairs", viewport={"width": 360, "height": 740}, has_touch=True)
    left, right = asked(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("group", name="Text shown").get_by_role("button", name=right).tap()
    expect(page.locator(".pairs [data-side=right] .pane-text")).to_be_visible()
    page.get_by_role("button", name="Full size").tap()
    dialog = page.get_by_role("dialog")
    stands(dialog, left, right)
    dialog.get_by_role("button", name=f"{right} is better").tap()
    expect_tiers(page, **{right: 1, left: 2})
    dialog.get_by_role("button", name="Take it back").tap()
    dialog.get_by_role("button", name="Close").tap()
    page.get_by_role("button", name=re.compile("^Tie( =)?$")).tap()
    expect_tiers(page, A=1, B=1)


def test_pairs_have_no_accessibility_violations(ladder):
    page = ladder(MIXED, ranking="pairs")
    asked(page)
    assert violations_in_both_themes(page) == []
    answer_by(page, dict(zip("ABCDEFG", (1, 2, 2, 3, 1, 4, 2), strict=True)))
    assert violations_in_both_themes(page) == []


def test_pairs_without_scripts_are_the_plain_ranks(cast, start):
    parts = {"ratings": False, "ranking": "pairs"}
    schema_publish(actor=None, project=cast.project, body=SEED_SCHEMA | {"parts": parts})
    task_of(cast.project, ["One", "Two"])
    page = start(cast.labeler, java_script_enabled=False)
    first = page.url
    page.locator("input[name=tier-A][value='1']").check(force=True)
    page.locator("input[name=tier-B][value='1']").check(force=True)
    page.get_by_role("button", name=re.compile("Submit")).last.click()
    assert submitted(page, first) == {"A": 1, "B": 1}
