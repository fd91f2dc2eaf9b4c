"""One list of shortcuts: no key means two things within a step, and sheet and docs say exactly what it says."""

import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.make import make_demonstrate_task, make_rank_task

from .hands import publish_parts, to_ladder

DOCS = Path(__file__).parents[2] / "docs" / "labelers.md"
TITLES = {
    "rate": "Read and rate", "rank": "Rank", "compare,pairs": "Compare two, and pair by pair", "pairs": "Pair by pair",
    "compare": "Compare two",
}  # fmt: skip


def registry(page: Page) -> list[dict]:
    """The list itself, as the room's own script holds it."""
    return page.evaluate(
        """async () => {
            const room = document.querySelector('script[src*="js/room"]').src;
            const list = (await import(new URL("keys.js", room))).SHORTCUTS;
            return list.map(({does, steps, keys, show, says, single}) => ({does, steps, keys, show, says, single}));
        }"""
    )


def rows(page: Page) -> list[tuple[str, str]]:
    """What the open sheet shows: keys and their meaning."""
    terms, meanings = (
        page.locator(".sheet-dialog dt").all_inner_texts(),
        page.locator(".sheet-dialog dd").all_inner_texts(),
    )
    return list(zip(terms, meanings, strict=True))


@pytest.fixture
def room(cast, start):
    publish_parts(cast.project, proposal=True)
    make_rank_task(cast.project, k=3)
    return start(cast.labeler)


def test_no_key_means_two_things_within_a_step(room):
    shortcuts = registry(room)
    assert len(shortcuts) > 20
    for step in ("rate", "rank", "compare", "pairs", "write"):
        keys = Counter(key for shortcut in shortcuts if step in shortcut["steps"] for key in shortcut["keys"])
        assert [key for key, times in keys.items() if times > 1] == [], step


def test_no_single_key_ends_or_gives_up_a_task(room):
    single = {shortcut["does"] for shortcut in registry(room) if shortcut["single"]}
    assert single.isdisjoint({"submit", "skip", "release", "delete"})
    assert all(shortcut["single"] for shortcut in registry(room) if any(len(key) == 1 for key in shortcut["keys"]))


def test_the_sheet_lists_exactly_the_keys_of_the_step(room):
    shortcuts = registry(room)
    for step in ("rate", "rank"):
        if step == "rank":
            to_ladder(room)
        room.keyboard.press("?")
        expect(room.get_by_role("dialog")).to_be_visible()
        # Without a guideline there is none to open or close.
        expected = [
            (one["show"], one["says"]) for one in shortcuts if step in one["steps"] and "guideline" not in one["says"]
        ]
        assert rows(room) == expected
        room.keyboard.press("Escape")


def test_each_kind_of_room_has_only_its_own_keys(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    page.get_by_role("button", name="Shortcuts").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert [keys for keys, _ in rows(page)] == ["P", "V", "?", "Ctrl + Enter"]


def title_of(shortcut: dict) -> str:
    return "Everywhere" if "write" in shortcut["steps"] else TITLES[",".join(shortcut["steps"])]


def test_the_docs_list_exactly_the_registry(room):
    text = DOCS.read_text().split("### Keys")[1].split("\n## ")[0]
    documented: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        if found := re.fullmatch(r"\*\*(.+)\*\*", line):
            documented[found[1]] = []
        elif found := re.fullmatch(r"\| `(.+)` \| (.+) \|", line):
            documented[list(documented)[-1]].append((found[1], found[2]))
    listed: dict[str, list[tuple[str, str]]] = {}
    for one in registry(room):
        listed.setdefault(title_of(one), []).append((one["show"], one["says"]))
    assert documented == listed


def test_letters_are_letters_while_typing(room):
    room.keyboard.press("j")
    room.keyboard.type("b1 = r[]?m")
    expect(room.locator("#note-A")).to_have_value("b1 = r[]?m")
    expect(room.locator("#name-A")).to_be_visible()
    expect(room.get_by_role("dialog")).to_have_count(0)


def test_single_keys_can_be_switched_off(room):
    room.get_by_role("button", name="Shortcuts").click()
    sheet = room.get_by_role("dialog")
    sheet.get_by_label("Single-key shortcuts").uncheck()
    room.keyboard.press("Escape")
    room.keyboard.press("5")
    room.keyboard.press("l")
    expect(room.locator("input[name=rating-A-overall]:checked")).to_have_count(0)
    expect(room.locator("#room")).to_have_attribute("data-step", "rate")
    room.get_by_role("button", name="To the ladder").click()
    room.get_by_role("button", name="Place A on rung 1", exact=True).click()
    room.keyboard.press("ArrowDown")  # not a single character: it stays
    expect(room.locator("input[name=tier-A]:checked")).to_have_value("2")


def test_on_a_phone_the_sheet_is_read_from_its_beginning(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler, viewport={"width": 360, "height": 500})
    page.get_by_role("button", name="Shortcuts").click()
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_in_viewport()
