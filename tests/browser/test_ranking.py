"""Ranking by keyboard, by drag, and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.labeling.models import Assignment, Judgment
from tests.make import make_rank_task


class Presses:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def __call__(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


def said(judgment: Judgment) -> dict[str, int]:
    """The tiers by letter, as the labeler saw them."""
    order = judgment.assignment.display_order
    return {"ABCDEFGHI"[index]: judgment.ranking.tiers[position] for index, position in enumerate(order)}


def text_of(page: Page, letter: str) -> str:
    return page.locator(f"#candidate-{letter} .prose.rendered").inner_text()


def submitted(page: Page, before: str) -> Judgment:
    expect(page).not_to_have_url(before)
    return Judgment.objects.select_related("ranking", "assignment").latest("pk")


def test_ties_by_keyboard_alone_and_the_next_task_in_the_same_answer(cast, start):
    make_rank_task(cast.project, k=4)
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    first = page.url
    answers = []
    page.on("response", lambda answer: answers.append((answer.request.method, answer.url)))
    press = Presses(page)
    press("b", "1", "d", "2", "a", "=")
    announced = page.locator("#announcer")
    expect(announced).to_have_text("A, rank 2 of 4, tied with D")
    press("r")
    press("Control+Enter")
    judgment = submitted(page, first)
    assert said(judgment) == {"A": 2, "B": 1, "C": 3, "D": 2}
    expect(page.locator("#prompt-heading")).to_be_focused()
    expect(announced).to_contain_text("Next task.")
    following = Assignment.objects.get(membership=cast.labeler, state="leased")
    assert page.url.endswith(f"/work/{following.uid}/")
    rooms = [url for method, url in answers if re.search(r"/work/[0-9a-f-]+/$", url)]
    assert rooms == []  # the next room was the answer to the submit


def test_seven_candidates_in_fifteen_presses(cast, start):
    make_rank_task(cast.project, k=7)
    page = start(cast.labeler)
    first, press = page.url, Presses(page)
    for letter, rung in zip("abcdefg", "3125746", strict=True):
        press(letter, rung)
    press("Control+Enter")
    assert said(submitted(page, first)) == dict(zip("ABCDEFG", [3, 1, 2, 5, 7, 4, 6], strict=True))
    assert press.count <= 15


def test_a_digit_means_that_rung_and_gaps_close_at_the_end(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    first, press = page.url, Presses(page)
    press("a", "3")
    expect(page.locator("#announcer")).to_have_text("A, rank 3 of 3")
    press("b", "1", "c", "3")
    expect(page.locator("#announcer")).to_have_text("C, rank 2 of 2, tied with A")
    press("Control+Enter")
    assert said(submitted(page, first)) == {"A": 2, "B": 1, "C": 2}


def test_arrows_undo_and_redo(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    press, board = Presses(page), page.locator("[data-board]")
    press("a", "1", "b", "2", "c", "3", "ArrowUp")
    ranks = [f"input[name=tier-{letter}]:checked" for letter in "ABC"]
    expect(page.locator(ranks[2])).to_have_value("2")
    press("ArrowUp")
    expect(page.locator(ranks[2])).to_have_value("2")  # out of the tie, above B
    expect(page.locator(ranks[1])).to_have_value("3")
    press("u", "u")
    expect(page.locator(ranks[2])).to_have_value("3")
    press("Control+y")
    expect(page.locator(ranks[2])).to_have_value("2")
    expect(board.get_by_role("button", name="C, rank 2 of 2, tied with B")).to_be_focused()


def test_letters_are_letters_while_typing(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.keyboard.press("a")
    page.keyboard.press("n")
    page.keyboard.type("b1 = r")
    expect(page.locator("#note-A")).to_have_value("b1 = r")
    expect(page.locator("input[name=tier-B]:checked")).to_have_count(0)


def test_single_keys_can_be_switched_off(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("input[name=tier-A]:checked")).to_have_count(0)
    page.get_by_role("button", name="Rest tie at the bottom").click()
    expect(page.locator("input[name=tier-A]:checked")).to_have_value("1")


def test_an_unfinished_ladder_stays_here(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-submit-problem]")).to_have_text("A, B, C have no place on the ladder yet.")
    assert not Judgment.objects.exists()


def test_a_reload_keeps_the_draft(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    Presses(page)("c", "1", "a", "2", "Shift+Digit5")
    page.locator("#note").evaluate("area => area.closest('details').open = true")
    page.fill("#note", "hard to say")
    expect(page.locator("#saved")).to_have_text(re.compile(r"Saved \d\d:\d\d:\d\d"), timeout=4_000)
    page.wait_for_timeout(1_500)
    before = {letter: text_of(page, letter) for letter in "ABC"}
    page.reload()
    expect(page.locator("input[name=tier-C]:checked")).to_have_value("1")
    expect(page.locator("[data-board]").get_by_role("button", name="A, rank 2 of 3")).to_be_visible()
    expect(page.locator("input[name=rating-A-overall]:checked")).to_have_value("5")
    expect(page.locator("#note")).to_have_value("hard to say")
    assert {letter: text_of(page, letter) for letter in "ABC"} == before


def test_another_window_saved_a_newer_draft(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    Assignment.objects.update(draft={"note": "elsewhere"}, draft_revision=3)
    page.keyboard.press("r")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Another window saved a newer draft")
    banner.get_by_role("button", name="Reload").click()
    expect(page.locator("#note")).to_have_value("elsewhere")


def test_dragging_with_a_mouse(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler, viewport={"width": 1400, "height": 900})
    first = page.url

    def drag(letter: str, target: str) -> None:
        """As a person does it: lift, and aim until the place lights up (the ladder scrolls near its edges)."""
        page.locator(f".card[data-letter={letter}] .gist").hover()
        page.mouse.down()
        place = page.locator(f"[data-drop='{target}']")
        for _ in range(40):
            box = place.bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=2)
            if "over" in place.get_attribute("class").split():
                return page.mouse.up()
        pytest.fail(f"{target} never lit up")

    drag("B", "on:1")
    drag("A", "on:1")
    drag("C", "on:2")
    expect(page.locator("input[name=tier-A]:checked")).to_have_value("1")
    drag("A", "new:3")
    page.get_by_role("button", name="Submit the ranking").click()
    assert said(submitted(page, first)) == {"A": 3, "B": 1, "C": 2}


def test_buttons_do_what_keys_do(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.get_by_role("button", name="Move B down").click()
    page.get_by_role("button", name="Move A down").click()
    expect(page.locator("input[name=tier-A]:checked")).to_have_value("2")
    page.get_by_role("button", name="Tie A with the one above").click()
    expect(page.locator("input[name=tier-A]:checked")).to_have_value("1")


def test_without_scripts(cast, start):
    make_rank_task(cast.project, k=3)
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler, java_script_enabled=False)
    first = page.url
    page.locator("input[name=tier-A][value='2']").check(force=True)
    page.get_by_role("button", name="Submit the ranking").click()
    expect(page.get_by_role("alert")).to_contain_text("B has no place on the ladder yet.")
    page.locator("input[name=tier-B][value='1']").check(force=True)
    page.locator("input[name=tier-C][value='2']").check(force=True)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Your draft is saved.")).to_be_visible()
    page.reload()
    expect(page.locator("input[name=tier-C]:checked")).to_have_value("2")
    page.get_by_role("button", name="Submit the ranking").click()
    assert said(submitted(page, first)) == {"A": 2, "B": 1, "C": 2}
    expect(page.locator("input[name=tier-B]")).to_have_count(2)


def test_a_contradiction_is_asked_once(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    Presses(page)("a", "Shift+Digit6", "2", "b", "Shift+Digit3", "1")
    hint = page.locator("[data-hint]")
    expect(hint).to_contain_text("You rated A 6 and B 3, yet B stands above A.")
    Presses(page)("a", "=")
    expect(hint).not_to_be_visible()
    Presses(page)("u")
    first = page.url
    page.keyboard.press("Control+Enter")
    assert said(submitted(page, first)) == {"A": 2, "B": 1}
