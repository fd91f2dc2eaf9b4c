"""Gold in a real browser: an item is made by keyboard and form alone, and its pages hold up on a phone and under axe."""

import os
import re

from playwright.sync_api import Page, expect

from apps.gold.models import GoldItem
from tests.browser.axe import sideways, violations_in_both_themes
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_rank_task


def scene(cast: Cast) -> list[GoldItem]:
    """Six items, one with a wrong key; three who pass the others, one who passes none; a retest."""
    for _ in range(2):
        make_rank_task(cast.project, k=4, required=5)
    people = (cast.labeler, cast.second_labeler, cast.adjudicator, cast.held_out_labeler)
    for member in people:
        for _ in range(2):
            judge(claim(member))
    items = [make_gold(cast) for _ in range(6)]
    set_rates(cast.project, gold_rate=1)
    for member in people:
        for _ in items:
            given = claim(member)
            fails = member == cast.held_out_labeler or given.task_id == items[0].task_id
            judge(given, [2, 1, 2] if fails else [1, 2, 3])
    set_rates(cast.project, gold_rate=0, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    for member in people[1:]:
        judge(claim(member), [1, 3, 2, 4])
    set_rates(cast.project, gold_rate=0.05, retest_rate=0.02)
    return items


def addresses(cast: Cast, item: GoldItem, task: object) -> list[str]:
    return [
        "/p/clinic/gold/", "/p/clinic/gold/labelers/", f"/p/clinic/gold/labelers/{cast.held_out_labeler.uid}/",
        "/p/clinic/gold/new/", f"/p/clinic/gold/new/?task={task}", f"/p/clinic/gold/items/{item.uid}/",
    ]  # fmt: skip


def test_an_item_is_made_on_its_page(cast: Cast, open_page):
    task = make_rank_task(cast.project)
    page: Page = open_page(cast.researcher.user)
    page.goto("/p/clinic/gold/new/")
    page.get_by_role("link", name=re.compile("Question")).first.click()
    page.get_by_label("Place of candidate 1").select_option("1")
    page.get_by_label("Place of candidate 2").select_option("2")
    page.get_by_label("Better, pair 1").select_option("2")
    page.get_by_label("Worse, pair 1").select_option("3")
    page.get_by_label("Why this is the answer").fill("The first one answers.")
    page.get_by_role("button", name="Make it gold").click()
    expect(page.get_by_text("must beat 2, 3")).to_be_visible()
    item = GoldItem.objects.get()
    assert item.task.candidates == task.candidates
    page.get_by_label("It has served: its answers still count").check()
    page.get_by_role("button", name="Retire").click()
    expect(page.get_by_role("heading", name="Retired")).to_be_visible()


def test_the_pages_hold_up(cast: Cast, open_page):
    items = scene(cast)
    task = make_rank_task(cast.project, k=4)
    wide: Page = open_page(cast.manager.user, viewport={"width": 1440, "height": 900})
    phone: Page = open_page(cast.manager.user, viewport={"width": 360, "height": 740})
    for path in addresses(cast, items[0], task.uid):
        wide.goto(path)
        assert violations_in_both_themes(wide) == [], path
        phone.goto(path)
        assert sideways(phone, 360, 740) == [], path
        if folder := os.environ.get("GOLD_SHOTS"):
            name = re.sub(r"\W+", "-", path.split("/gold/")[1].split("?")[0][:14] + ("key" if "?" in path else ""))
            for theme in ("light", "dark"):
                for page in (wide, phone):
                    page.emulate_media(color_scheme=theme)
                    width = page.viewport_size["width"]
                    page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png", full_page=True)
