"""The second step, ranking: by keyboard, by drag and by buttons, with ties."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from apps.labeling.models import Assignment, Judgment
from tests.make import make_rank_task

from .hands import (
    PARAGRAPH,
    Finger,
    Presses,
    drag,
    make_task,
    publish_parts,
    rank_of,
    said,
    saved,
    submitted,
    to_ladder,
)  # fmt: skip


@pytest.fixture
def ladder(start):
    """A page that shows the ladder of the next task."""

    def opened(member, **options) -> Page:
        page = start(member, **options)
        to_ladder(page)
        return page

    return opened


def text_of(page: Page, letter: str) -> str:
    return page.locator(f"#candidate-{letter} .prose.rendered").inner_text()


def test_ties_by_keyboard_alone_and_the_next_task_in_the_same_answer(cast, ladder):
    make_rank_task(cast.project, k=4)
    make_rank_task(cast.project, k=3)
    page = ladder(cast.labeler)
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
    expect(page.locator("#room")).to_have_attribute("data-step", "rate")
    following = Assignment.objects.get(membership=cast.labeler, state="leased")
    assert page.url.endswith(f"/work/{following.uid}/")
    rooms = [url for method, url in answers if re.search(r"/work/[0-9a-f-]+/$", url)]
    assert rooms == []  # the next room was the answer to the submit, or was there before


def test_seven_outputs_in_fifteen_presses(cast, ladder):
    make_rank_task(cast.project, k=7)
    page = ladder(cast.labeler)
    first, press = page.url, Presses(page)
    for letter, rung in zip("abcdefg", "3125746", strict=True):
        press(letter, rung)
    press("Control+Enter")
    assert said(submitted(page, first)) == dict(zip("ABCDEFG", [3, 1, 2, 5, 7, 4, 6], strict=True))
    assert press.count <= 15


def test_nine_outputs_with_their_texts_in_the_cards(cast, ladder):
    make_rank_task(cast.project, k=9)
    page = ladder(cast.labeler)
    first, press = page.url, Presses(page)
    for letter in "ABCDEFGHI":
        expect(page.locator(f".card[data-letter={letter}]").locator(".rendered")).to_contain_text("Answer")
    press("i", "1", "a", "2", "b", "=", "r")
    press("Control+Enter")
    assert said(submitted(page, first)) == {"I": 1, "A": 2, "B": 2} | dict.fromkeys("CDEFGH", 3)


def test_keys_typed_ahead_are_not_lost(cast, start):
    """The ladder is fetched when it is first asked for; whoever types on meanwhile is served in that order."""
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    first = page.url
    fetched: list[Route] = []
    page.route("**/js/board*.js", lambda route: fetched.append(route))
    with page.expect_request("**/js/board*.js"):
        for key in ("l", "b", "1", "a", "2", "Control+Enter"):
            page.keyboard.press(key)
    while not fetched:
        page.wait_for_timeout(10)
    fetched.pop().continue_()
    expect(page.locator("[data-board] .card").first).to_be_visible()
    expect(rank_of(page, "B")).to_have_value("1")
    page.keyboard.press("Control+Enter")
    assert said(submitted(page, first)) == {"A": 2, "B": 1}


def test_a_digit_means_that_rung_and_gaps_close_at_the_end(cast, ladder):
    make_rank_task(cast.project, k=3)
    page = ladder(cast.labeler)
    first, press = page.url, Presses(page)
    press("a", "3")
    expect(page.locator("#announcer")).to_have_text("A, rank 3 of 3")
    press("b", "1", "c", "3")
    expect(page.locator("#announcer")).to_have_text("C, rank 2 of 2, tied with A")
    press("Control+Enter")
    assert said(submitted(page, first)) == {"A": 2, "B": 1, "C": 2}


def test_arrows_undo_and_redo(cast, ladder):
    make_rank_task(cast.project, k=3)
    page = ladder(cast.labeler)
    press, board = Presses(page), page.locator("[data-board]")
    press("a", "1", "b", "2", "c", "3", "ArrowUp")
    expect(rank_of(page, "C")).to_have_value("2")
    press("ArrowUp")
    expect(rank_of(page, "C")).to_have_value("2")  # out of the tie, above B
    expect(rank_of(page, "B")).to_have_value("3")
    press("u", "u")
    expect(rank_of(page, "C")).to_have_value("3")
    press("Control+y")
    expect(rank_of(page, "C")).to_have_value("2")
    expect(board.get_by_role("button", name="C, rank 2 of 2, tied with B")).to_be_focused()


def test_undo_takes_back_every_kind_of_move(cast, ladder):
    """Keys, buttons, the rest, the plain controls: one history."""
    make_rank_task(cast.project, k=3)
    page = ladder(cast.labeler, viewport={"width": 1400, "height": 900})

    def ranks() -> list[str]:
        return [page.locator(f"input[name=tier-{letter}]:checked").count() and rank_of(page, letter).input_value() for letter in "ABC"]  # fmt: skip

    seen = [ranks()]
    page.keyboard.press("a")
    page.keyboard.press("2")
    seen.append(ranks())
    page.get_by_role("button", name="Place B on rung 1", exact=True).click()
    seen.append(ranks())
    page.get_by_text("Ranks as plain form controls").click()
    page.locator("input[name=tier-B][value='3']").check(force=True)
    seen.append(ranks())
    page.get_by_role("button", name="Rest tie at the bottom").click()
    seen.append(ranks())
    drag(page, "A", "on:3")
    seen.append(ranks())
    assert [seen.count(one) for one in seen] == [1] * 6
    for before in reversed(seen[:-1]):
        page.get_by_role("button", name="Undo").click()
        assert ranks() == before
    for after in seen[1:]:
        page.get_by_role("button", name="Redo").click()
        assert ranks() == after


def test_an_unfinished_ladder_stays_here(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-submit-problem]")).to_have_text("Not placed on the ladder yet: A, B, C.")
    expect(page.locator("#room")).to_have_attribute("data-step", "rank")
    expect(page.get_by_role("button", name="A, not placed yet")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="B, not placed yet")).to_be_focused()
    assert not Judgment.objects.exists()


def test_a_reload_keeps_the_work_of_both_steps(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    Presses(page)("a", "5", "m", "n")
    page.locator("summary", has_text="About the prompt").click()
    page.fill("#note", "hard to say")
    page.locator("#rate-heading").focus()
    to_ladder(page)
    with page.expect_response(lambda answer: "/draft/" in answer.url and "tier-A" in (answer.request.post_data or "")):
        Presses(page)("c", "1", "a", "2")
    saved(page)
    before = {letter: text_of(page, letter) for letter in "ABC"}
    page.reload()
    expect(rank_of(page, "C")).to_have_value("1")
    expect(page.locator("[data-board]").get_by_role("button", name="A, rank 2 of 3")).to_be_visible()
    expect(page.locator("input[name=rating-A-overall]:checked")).to_have_value("5")
    expect(page.locator("input[name=flag-A-fails_instruction]:checked")).to_have_value("no")
    expect(page.locator("#note")).to_have_value("hard to say")
    assert {letter: text_of(page, letter) for letter in "ABC"} == before


def test_another_window_saved_a_newer_draft(cast, ladder):
    make_rank_task(cast.project, k=2)
    page = ladder(cast.labeler)
    Assignment.objects.update(draft={"note": "elsewhere"}, draft_revision=3)
    page.keyboard.press("r")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Another window saved a newer draft")
    banner.get_by_role("button", name="Reload").click()
    expect(page.locator("#note")).to_have_value("elsewhere")


def test_dragging_with_a_mouse(cast, ladder):
    make_rank_task(cast.project, k=3)
    page = ladder(cast.labeler, viewport={"width": 1400, "height": 900})
    first = page.url
    drag(page, "B", "on:1")
    drag(page, "A", "on:1")
    drag(page, "C", "on:2")
    expect(rank_of(page, "A")).to_have_value("1")
    drag(page, "A", "new:3")
    page.get_by_role("button", name="Submit the ranking").click()
    assert said(submitted(page, first)) == {"A": 3, "B": 1, "C": 2}


def test_dragging_can_be_called_off(cast, ladder):
    make_rank_task(cast.project, k=2)
    page = ladder(cast.labeler)
    box = page.locator(".card[data-letter=A] .handle").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    while not page.locator(".ghost").count():
        page.mouse.move(box["x"] + 40, box["y"] + 40, steps=3)
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    page.mouse.up()
    expect(rank_of(page, "A")).to_have_count(0)


def test_a_finger_drags_by_the_letter_and_presses_the_buttons(cast, ladder):
    make_rank_task(cast.project, k=4)
    page = ladder(cast.labeler, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    first, finger = page.url, Finger(page)
    finger.drag("B", "on:1")
    expect(rank_of(page, "B")).to_have_value("1")
    finger.drag("D", "on:1")
    expect(rank_of(page, "D")).to_have_value("1")
    page.get_by_role("button", name="Place A on rung 3", exact=True).tap()
    expect(rank_of(page, "A")).to_have_value("3")
    page.get_by_role("button", name="Rest tie at the bottom").tap()
    page.get_by_role("button", name="Submit the ranking").tap()
    assert said(submitted(page, first)) == {"A": 2, "B": 1, "C": 3, "D": 1}


def test_a_finger_on_a_text_scrolls_the_page(cast, ladder):
    make_rank_task(cast.project, k=9)
    page = ladder(cast.labeler, viewport={"width": 360, "height": 500}, has_touch=True, is_mobile=True)
    box = page.locator(".card[data-letter=C] .candidate-text").bounding_box()
    finger, x, y = Finger(page), box["x"] + 100, 300
    before = page.evaluate("scrollY")
    finger.touch("touchStart", (x, y))
    for step in range(1, 15):
        finger.touch("touchMove", (x, y - 12 * step))
    finger.touch("touchEnd")
    page.wait_for_function("before => scrollY > before", arg=before)
    assert page.locator("input[name^=tier]:checked").count() == 0


def test_buttons_do_what_keys_do(cast, ladder):
    make_rank_task(cast.project, k=2)
    page = ladder(cast.labeler)
    page.get_by_role("button", name="Place B on rung 1", exact=True).click()
    page.get_by_role("button", name="Place A on rung 2", exact=True).click()
    expect(rank_of(page, "A")).to_have_value("2")
    expect(page.get_by_role("button", name="A, rank 2 of 2")).to_be_focused()
    page.get_by_role("button", name="Move A up").click()
    expect(rank_of(page, "A")).to_have_value("1")
    page.get_by_role("button", name="Move A down").click()
    page.get_by_role("button", name="Tie A with the one above").click()
    expect(rank_of(page, "A")).to_have_value("1")


def test_a_contradiction_is_asked_once(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    Presses(page)("a", "6", "b", "3")
    to_ladder(page)
    Presses(page)("a", "2", "b", "1")
    hint = page.locator("[data-hint]")
    expect(hint).to_contain_text("You rated A 6 and B 3, yet B stands above A.")
    Presses(page)("a", "=")
    expect(hint).not_to_be_visible()
    Presses(page)("u")
    first = page.url
    page.keyboard.press("Control+Enter")
    assert said(submitted(page, first)) == {"A": 2, "B": 1}


def test_a_proposal_is_no_answer_until_it_is_taken(cast, start):
    publish_parts(cast.project, proposal=True)
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    Presses(page)("a", "3", "b", "6", "c", "3")
    to_ladder(page)
    expect(page.get_by_text("Proposed from your ratings.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="B, rank 1 of 2, proposed")).to_be_visible()
    expect(page.locator("input[name^=tier]:checked")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-submit-problem]")).to_contain_text("The proposed order is no answer yet")
    assert not Judgment.objects.exists()
    page.keyboard.press("y")
    expect(page.get_by_text("Proposed from your ratings.", exact=True)).not_to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("Proposed from your ratings.", exact=True)).to_be_visible()
    first = page.url
    page.get_by_role("button", name="Take this order").click()
    page.keyboard.press("Control+Enter")
    judgment = submitted(page, first)
    assert (said(judgment), judgment.proposal) == ({"A": 2, "B": 1, "C": 2}, True)


def test_moving_an_output_takes_the_proposal_and_one_can_start_empty(cast, start):
    publish_parts(cast.project, proposal=True)
    make_rank_task(cast.project, k=3)
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    Presses(page)("a", "3", "b", "6", "c", "2")
    to_ladder(page)
    first = page.url
    Presses(page)("c", "1", "Control+Enter")
    judgment = submitted(page, first)
    assert (said(judgment), judgment.proposal) == ({"A": 2, "B": 1, "C": 1}, True)

    expect(page.locator("#announcer")).to_contain_text("Next task.")
    Presses(page)("a", "3", "b", "6")
    to_ladder(page)
    page.get_by_role("button", name="Start empty").click()
    expect(page.get_by_role("button", name="A, not placed yet")).to_be_visible()
    second = page.url
    Presses(page)("a", "1", "b", "2", "Control+Enter")
    judgment = submitted(page, second)
    assert (said(judgment), judgment.proposal) == ({"A": 1, "B": 2}, False)


def test_a_project_that_only_ranks_begins_on_the_ladder(cast, start):
    publish_parts(cast.project, ratings=False)
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    expect(page.locator("[data-board] .card").first).to_be_visible()
    expect(page.locator(".scale, .flags, [data-steps]")).to_have_count(0)
    first = page.url
    Presses(page)("a", "1", "r", "Control+Enter")
    assert said(submitted(page, first)) == {"A": 1, "B": 2, "C": 2}


def test_texts_can_be_short_and_unfold(cast, start):
    make_task(cast.project, [PARAGRAPH * 12, PARAGRAPH * 2])
    page = start(cast.labeler)
    to_ladder(page)
    unfold = page.get_by_role("button", name=re.compile(r"^Show all \d{3} words of [AB]$"))
    expect(unfold).to_have_count(1)
    long = page.locator(f".card[data-letter={unfold.inner_text()[-1]}]")
    folded = long.locator(".candidate-text").bounding_box()["height"]
    long.locator(".unfold").click()
    expect(long.locator(".unfold")).to_have_attribute("aria-expanded", "true")
    assert long.locator(".candidate-text").bounding_box()["height"] > 1.5 * folded
    page.keyboard.press("s")
    expect(page.locator(".card.folded")).to_have_count(2)
    page.reload()
    to_ladder(page)
    expect(page.locator(".card.folded")).to_have_count(2)  # remembered
