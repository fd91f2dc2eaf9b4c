"""What hands do in the room, for its tests: press, place, drag, submit."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.labeling.models import Judgment, Task
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.models import Project
from apps.projects.services import schema_publish
from tests.make import make_completions, make_prompt

PARAGRAPH = (
    "Spread the visits over the day, and tell patients why you ask them to come early. People who know the reason "
    "for a wait accept it far more readily than people who are only told to sit down. "
)


class Presses:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def __call__(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


def to_ladder(page: Page) -> None:
    """From the first step, once it is there, to the second, as the keyboard goes there."""
    expect(page.locator("#room")).to_have_attribute("data-step", "rate")
    page.keyboard.press("l")
    expect(page.locator("[data-board] .card").first).to_be_visible()


def said(judgment: Judgment) -> dict[str, int]:
    """The tiers by letter, as the labeler saw them."""
    order = judgment.assignment.display_order
    return {"ABCDEFGHI"[index]: judgment.ranking.tiers[position] for index, position in enumerate(order)}


def rated(judgment: Judgment) -> dict[str, Any]:
    """The ratings by letter, as the labeler saw them."""
    order = judgment.assignment.display_order
    return {"ABCDEFGHI"[index]: judgment.ratings.values[position] for index, position in enumerate(order)}


def submitted(page: Page, before: str) -> Judgment:
    expect(page).not_to_have_url(before)
    return Judgment.objects.select_related("ranking", "assignment").latest("pk")


def rank_of(page: Page, letter: str) -> Any:
    """The form's own answer for a letter."""
    return page.locator(f"input[name=tier-{letter}]:checked")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))


def publish_parts(project: Project, **parts: Any) -> None:
    schema_publish(actor=None, project=project, body={**SEED_SCHEMA, "parts": parts})


def make_task(project: Project, texts: list[str], kind: str = "rank") -> Task:
    prompt = make_prompt(project)
    candidates = [completion.pk for completion in make_completions(prompt, texts)]
    return Task.objects.create(
        project=project, prompt=prompt, kind=kind, candidates=candidates, candidate_set=sorted(candidates),
        required=1, open_slots=1,
    )  # fmt: skip


def lift(page: Page, move: Any) -> None:
    """Move a little until the card is in the air; the first time its script is fetched meanwhile."""
    for step in range(200):
        move(10 + step % 5)
        if page.locator(".ghost").count():
            return
        page.evaluate("new Promise(requestAnimationFrame)")
    pytest.fail("the card was never lifted")


def aim(page: Page, target: str, move: Any) -> None:
    """Move until the place lights up and the page, which scrolls near its edges, stands still."""
    place = page.locator(f"[data-drop='{target}']")
    before = None
    for _ in range(200):
        box = place.bounding_box()
        height = page.viewport_size["height"]
        move(box["x"] + box["width"] / 2, min(max(box["y"] + box["height"] / 2, 20), height - 20))
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if box == before and "over" in (place.get_attribute("class") or "").split():
            return
        before = box
    pytest.fail(f"{target} never lit up")


def drag(page: Page, letter: str, target: str) -> None:
    """With a mouse, by the card's handle."""
    handle = page.locator(f".card[data-letter={letter}] .handle")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    lift(page, lambda by: page.mouse.move(box["x"] + 10 + by, box["y"] + 10 + by))
    aim(page, target, lambda x, y: page.mouse.move(x, y))
    page.mouse.up()


class Finger:
    """Real touches, through the browser's own protocol."""

    def __init__(self, page: Page) -> None:
        self.page, self.protocol = page, page.context.new_cdp_session(page)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, letter: str, target: str) -> None:
        grip = self.page.locator(f".card[data-letter={letter}] .handle .letter")
        grip.scroll_into_view_if_needed()
        box = grip.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.touch("touchStart", (x, y))
        lift(self.page, lambda by: self.touch("touchMove", (x + by, y + by)))
        aim(self.page, target, lambda x, y: self.touch("touchMove", (x, y)))
        self.touch("touchEnd")
