"""Comparing two: the dialog, what it decides, and what it shows of two texts."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from apps.projects.models import Membership

from .axe import violations_in_both_themes
from .comparing import (
    LONG,
    MIXED,
    asked,
    expect_tiers,
    opened,
    put,
    stands,
    submitted,
    tiers,
)


def test_by_keyboard_alone_from_the_card_in_hand_to_the_submit(ladder):
    page = ladder([f"Answer {number}" for number in range(3)])
    first = page.url
    for key in ("a", "1", "b", "2", "c", "3"):
        page.keyboard.press(key)
    expect_tiers(page, A=1, B=2, C=3)
    dialog = opened(page)
    expect(dialog.get_by_role("heading")).to_have_text(re.compile("Compare (B and C|C and B)"))  # C and its neighbour
    put(page, dialog, "B", "C")
    page.keyboard.press("2")
    expect_tiers(page, A=1, C=2, B=3)
    expect(dialog.get_by_role("status")).to_contain_text("B, rank 3 of 3; C, rank 2 of 3")
    put(page, dialog, "A", "B")
    page.keyboard.press("=")
    expect_tiers(page, A=1, B=1, C=2)
    page.keyboard.press("ArrowRight")  # B better after all
    expect_tiers(page, B=1, A=2, C=3)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".card[data-letter=C] .handle")).to_be_focused()
    page.keyboard.press("Control+Enter")
    assert submitted(page, first) == {"A": 2, "B": 1, "C": 3}


def test_a_contradiction_is_named_and_taken_back(ladder):
    page = ladder([f"Answer {number}" for number in range(3)])
    dialog = opened(page)
    said = dialog.get_by_role("status")
    page.keyboard.press("u")
    expect(said).to_have_text("Nothing to undo.")
    for left, right in ("AB", "BC"):
        put(page, dialog, left, right)
        page.keyboard.press("ArrowLeft")
        expect(said).not_to_contain_text("now")
    expect_tiers(page, A=1, B=2, C=3)
    put(page, dialog, "A", "C")
    page.keyboard.press("2")
    expect(said).to_contain_text("You decided A over B and B over C; now C over A.")
    expect_tiers(page, C=1, A=2, B=3)
    page.keyboard.press("u")
    expect(said).to_contain_text("Taken back. A, rank 1 of 3; C, rank 3 of 3.")
    expect_tiers(page, A=1, B=2, C=3)
    page.keyboard.press("1")  # what the ladder says: no contradiction
    expect(said).not_to_contain_text("now")
    page.keyboard.press("0")
    expect(said).to_contain_text("You decided A over C; now A tied with C.")
    dialog.get_by_role("button", name="Take it back").click()
    expect_tiers(page, A=1, B=2, C=3)


def test_a_contradiction_with_the_ladder_as_it_stood(ladder):
    page = ladder([f"Answer {number}" for number in range(3)])
    for key in ("b", "1", "r"):
        page.keyboard.press(key)
    dialog = opened(page)
    said = dialog.get_by_role("status")
    put(page, dialog, "A", "B")
    page.keyboard.press("1")
    expect(said).to_contain_text("B stood above A on the ladder; now A over B.")
    put(page, dialog, "C", "A")
    page.keyboard.press("1")
    expect(said).to_contain_text("A stood above C on the ladder; now C over A.")
    page.keyboard.press("Escape")
    page.keyboard.press("u")  # the room's own undo
    expect_tiers(page, A=1, B=2, C=3)
    page.keyboard.press("u")
    expect_tiers(page, B=1, A=2, C=2)
    dialog = opened(page)
    put(page, dialog, "C", "A")
    page.keyboard.press("1")  # undone decisions are no earlier decisions
    expect(said).to_contain_text("C and A were tied on the ladder; now C over A.")


def test_suggested_pairs_place_everyone(ladder):
    """N and an answer, again and again: the ladder is whole in the end."""
    page = ladder([f"Answer {number}" for number in range(5)])
    dialog = opened(page)
    for _ in range(20):
        left, right = re.findall(r"\b([A-E])\b", dialog.get_by_role("heading").inner_text())
        page.keyboard.press("1" if left < right else "2")
        expect(dialog.get_by_role("status")).to_contain_text("rank")
        page.keyboard.press("n")
        if "No pair is left" in dialog.get_by_role("status").inner_text():
            break
    expect(dialog.get_by_role("status")).to_contain_text("No pair is left to suggest")
    expect_tiers(page, A=1, B=2, C=3, D=4, E=5)


def test_the_pointer_does_all_of_it(ladder):
    page = ladder(MIXED, viewport={"width": 1440, "height": 900})
    page.get_by_role("button", name="Compare two").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("group", name="Stands on the left").get_by_role("button", name="G").click()
    dialog.get_by_role("group", name="Stands on the right").get_by_role("button", name="B", exact=True).click()
    stands(dialog, "G", "B")
    dialog.get_by_role("group", name="Stands on the right").get_by_role("button", name="G").click()
    stands(dialog, "B", "G")  # they change places
    dialog.get_by_role("button", name="G is better").click()
    expect_tiers(page, G=1, B=2)
    dialog.get_by_role("button", name=re.compile("^Tie( =)?$")).click()
    expect_tiers(page, G=1, B=1)
    dialog.get_by_role("button", name="Take it back").click()
    expect_tiers(page, G=1, B=2)
    dialog.get_by_role("button", name="Next pair").click()
    expect(dialog.get_by_role("heading")).not_to_have_text("Compare B and G")
    dialog.get_by_text("Prompt", exact=True).click()
    expect(dialog.get_by_role("region", name="Prompt")).to_contain_text("What helps with a fever?")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Compare two")).to_be_focused()


def test_the_difference_is_marked_by_words_and_lines(ladder):
    page = ladder(["Rest and drink **water**.", "Rest and drink **tea**."])
    dialog = opened(page)
    page.keyboard.press("m")
    gone, new = dialog.locator("del"), dialog.locator("ins")
    visible = {"del": gone.locator("visible=true"), "ins": new.locator("visible=true")}
    left, right = re.findall(r"\b([AB])\b", dialog.get_by_role("heading").inner_text())
    expect(visible["del"]).to_have_text(re.compile(rf"\[only in {left}: (water|tea)\]"))
    expect(visible["ins"]).to_have_text(re.compile(rf"\[only in {right}: (water|tea)\]"))
    lines = [box.evaluate("box => getComputedStyle(box).textDecorationLine") for box in visible.values()]
    assert lines == ["line-through", "underline"]
    expect(dialog.locator("strong > del")).to_be_visible()  # the formatting stays
    page.keyboard.press("v")
    expect(dialog.locator("pre.raw ins")).to_be_visible()
    expect(dialog.locator("pre.raw ins")).to_contain_text("only in")
    page.keyboard.press("m")
    expect(dialog.locator(".differs")).to_have_count(0)


def test_equal_and_far_too_long_texts_are_said_to_be(ladder):
    enough = 5_600  # more squared than the table of the difference holds
    page = ladder(
        ["Same  words.", "Same words.", " ".join(map(str, range(enough))), " ".join(map(str, range(-enough, 0)))]
    )
    dialog = opened(page)
    size = "letter => document.querySelector(`#candidate-${letter} .prose.raw`).textContent.length"
    small, large = [], []
    for letter in "ABCD":
        (small if page.evaluate(size, letter) < 100 else large).append(letter)
    put(page, dialog, *small)
    page.keyboard.press("m")
    expect(dialog.get_by_role("status")).to_contain_text("have the same words")
    put(page, dialog, *large)
    expect(dialog.get_by_role("status")).to_contain_text("too long to mark where they differ")
    page.keyboard.press("1")
    expect_tiers(page, **{large[0]: 1, large[1]: 2})


def scrolled(dialog: Locator, side: str) -> float:
    return dialog.locator(f"[data-side={side}] .pane-text").evaluate(
        "box => box.scrollTop / (box.scrollHeight - box.clientHeight)"
    )


def top_part(dialog: Locator, side: str) -> int:
    """The number of the paragraph that stands at the top."""
    return dialog.locator(f"[data-side={side}] .pane-text").evaluate(
        """(box) => {
          const parts = [...box.querySelector(".prose.rendered").children];
          return parts.findIndex((part) => part.getBoundingClientRect().bottom > box.getBoundingClientRect().top + 4);
        }"""
    )


def test_scrolling_one_takes_the_other_to_the_same_paragraph(ladder):
    page = ladder(LONG, viewport={"width": 1200, "height": 800})
    dialog = opened(page)
    texts = {side: dialog.locator(f"[data-side={side}] .pane-text") for side in ("left", "right")}
    sixth = "box => box.scrollTo(0, box.querySelector('.prose.rendered').children[6].offsetTop + 10)"
    texts["left"].evaluate(sixth)
    poll(lambda: top_part(dialog, "right") == 6)
    texts["right"].evaluate("box => box.scrollTo(0, box.scrollHeight)")
    poll(lambda: scrolled(dialog, "left") > 0.99)
    page.keyboard.press("s")
    expect(dialog.get_by_role("button", name="Scroll together")).to_have_attribute("aria-pressed", "false")
    texts["right"].evaluate("box => box.scrollTo(0, 0)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert scrolled(dialog, "left") > 0.99


def test_a_new_text_begins_at_its_beginning_and_the_other_stays(ladder):
    page = ladder([LONG[0], LONG[1], LONG[0] + " End."], ranking="pairs", viewport={"width": 1200, "height": 800})
    first = asked(page)
    texts = {side: page.locator(f".pairs [data-side={side}] .pane-text") for side in ("left", "right")}
    texts["left"].evaluate("box => box.scrollTo(0, box.scrollHeight)")
    poll(lambda: texts["right"].evaluate("box => box.scrollTop") > 100)
    page.keyboard.press("1")
    expect(page.locator(".pairs-count")).to_contain_text("At most 2")
    shown = dict(zip(("left", "right"), asked(page), strict=True))
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    tops = {letter: texts[side].evaluate("box => box.scrollTop") for side, letter in shown.items()}
    assert {letter: top > 100 for letter, top in tops.items()} == {letter: letter in first for letter in tops}


def poll(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def test_covered_texts_stay_covered_and_two_quick_presses_open_one(ladder, cast):
    Membership.objects.filter(pk=cast.labeler.pk).update(accepts_sensitive=True)
    page = ladder(["Rest and drink water.", "Rest and drink tea."], sensitive=True)
    page.keyboard.press("x")
    page.keyboard.press("x")
    dialog = page.locator("dialog.compare")
    expect(dialog.locator(".pane-text").first).to_be_focused()
    expect(dialog).to_have_count(1)
    expect(dialog.get_by_text("This text is covered.").locator("visible=true")).to_have_count(2)
    page.keyboard.press("m")
    expect(dialog.locator(".differs")).to_have_count(0)
    expect(dialog.get_by_text("drink", exact=False).locator("visible=true")).to_have_count(0)


def test_focus_stays_in_the_dialog(ladder):
    page = ladder(["One", "Two"])
    dialog = opened(page)
    for _ in range(30):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))"
        )
        assert inside
    page.keyboard.press("b")
    expect(page.locator(".card.in-hand[data-letter=B]")).to_have_count(0)  # a letter here is a side, not a card
    expect(dialog).to_be_visible()


def test_the_sheet_over_the_dialog_lists_its_keys(ladder):
    page = ladder(["One", "Two"])
    dialog = opened(page)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("Put that candidate on the right")
    expect(sheet).not_to_contain_text("Put it on that rung")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(dialog.locator(".pane-text").first).to_be_focused()


def test_single_keys_can_be_off_and_arrows_still_decide(ladder):
    page = ladder(["One", "Two"])
    page.evaluate("localStorage.setItem('single-keys-off', 'yes')")
    page.get_by_role("button", name="Compare two").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".pane-text").first).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("=")
    assert tiers(page) == {}
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("status")).to_contain_text("rank")
    assert sorted(tiers(page).values()) == ["1", "2"]


def test_on_a_phone_one_text_at_a_time_each_where_it_was(ladder):
    page = ladder(LONG, viewport={"width": 360, "height": 740}, has_touch=True)
    page.get_by_role("button", name="Compare two").tap()
    dialog = page.get_by_role("dialog")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")
    left, right = (dialog.locator(f"[data-side={side}] .pane-text") for side in ("left", "right"))
    expect(left).to_be_visible()
    expect(right).not_to_be_visible()
    left.evaluate("box => (box.scrollTop = 300)")
    turn = dialog.get_by_role("group", name="Text shown")
    turn.get_by_role("button").nth(1).tap()
    expect(right).to_be_visible()
    expect(left).not_to_be_visible()
    assert right.evaluate("box => box.scrollTop") == 0
    turn.get_by_role("button").nth(0).tap()
    expect(left).to_be_visible()
    assert left.evaluate("box => box.scrollTop") == 300
    for button in dialog.get_by_role("button").all():
        if button.is_visible():
            assert button.bounding_box()["height"] >= 24
    dialog.get_by_role("button", name="A is better").tap()
    expect_tiers(page, A=1, B=2)


def test_the_dialog_has_no_accessibility_violations(ladder):
    page = ladder(MIXED)
    dialog = opened(page)
    letter_of = {}
    for letter in "ABCDEFG":
        raw = page.locator(f"#candidate-{letter} .candidate-text").evaluate(
            "box => box.querySelector('.prose.raw')?.textContent ?? ''"
        )
        letter_of[MIXED.index(raw)] = letter
    for one, other in ((0, 1), (2, 3), (4, 5), (6, 0)):
        put(page, dialog, letter_of[one], letter_of[other])
        page.keyboard.press("m")
        assert violations_in_both_themes(page) == [], (one, other)
    page.keyboard.press("2")
    page.keyboard.press("1")
    expect(dialog.locator(".objection")).to_be_visible()
    page.keyboard.press("p")
    expect(dialog.get_by_role("region", name="Prompt")).to_be_visible()
    page.keyboard.press("v")
    assert violations_in_both_themes(page) == []
