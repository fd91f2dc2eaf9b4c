"""Takes the pictures of the labeling room and of two reports from a fresh demo: `make demo` in one terminal, in another

    .venv/bin/python docs/screenshots/take.py http://127.0.0.1:8000

Those of the room show the first task of a fresh demo, as one of its labelers holds it; `readiness` and the
report card whatever the demo has. The pairs come last: for them the demo is made to rank pair by pair from then on.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from launcher.browser import find_chromium

HERE = Path(__file__).parent
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 760}
EACH_WAY = [("", "light"), ("-dark", "dark"), ("-phone", "light"), ("-phone-dark", "dark")]


def rating(page: Page) -> None:
    page.keyboard.press("6")
    page.keyboard.press("m")
    page.keyboard.press("n")


def ranking(page: Page) -> None:
    page.keyboard.press("l")
    for key in "b1d2a2":
        page.keyboard.press(key)


def comparing(page: Page) -> None:
    ranking(page)
    page.keyboard.press("b")
    page.keyboard.press("x")
    page.locator(".compare[open]").wait_for()
    page.keyboard.press("m")


def contradicting(page: Page) -> None:
    """The one that stands lower on the ladder is better after all."""
    comparing(page)
    page.keyboard.press("1" if page.locator("#compare-heading").inner_text().endswith(" B") else "2")
    page.locator(".compare-status.objection").wait_for()


def answering(page: Page) -> None:
    """One pair answered, the next one asked."""
    page.keyboard.press("l")
    page.locator(".pairs-asked").wait_for()
    page.keyboard.press("1")
    if page.locator("[data-pairs]").evaluate("pairs => pairs.getBoundingClientRect().bottom > innerHeight"):
        page.locator("[data-pairs]").evaluate("pairs => pairs.scrollIntoView()")


@dataclass(frozen=True)
class Scene:
    name: str
    play: Callable[[Page], None]
    labeler: int
    pictures: list[tuple[str, str]]  # the end of the file's name, which says the size too, and the colours


SCENES = [
    Scene("rate", rating, 1, EACH_WAY),
    Scene("rank", ranking, 2, EACH_WAY),
    Scene("compare", comparing, 2, [("", "light")]),
    Scene("compare", contradicting, 2, [("-phone", "dark")]),
]
# Who does not accept sensitive texts holds none that is covered.
PAIRS = Scene("pairs", answering, 5, [("", "dark"), ("-phone", "light")])


def take(browser: Browser, address: str, scene: Scene) -> None:
    for suffix, theme in scene.pictures:
        size = PHONE if suffix.startswith("-phone") else WIDE
        page = browser.new_page(viewport=size, color_scheme=theme, base_url=address, reduced_motion="reduce")
        sign_in(page, f"labeler{scene.labeler}@demo.local")
        open_room(page)
        scene.play(page)
        page.wait_for_timeout(400)
        page.evaluate("document.activeElement?.blur?.()")
        page.screenshot(path=HERE / f"{scene.name}{suffix}.png")
        page.context.close()


def take_readiness(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800}, base_url=address, reduced_motion="reduce")
    sign_in(page, "manager@demo.local")
    page.goto("/p/demo/readiness/")
    page.screenshot(path=HERE / "readiness.png")
    page.context.close()


def take_report_card(browser: Browser, address: str) -> None:
    """Of the newest reward run, once a turn of the loop has made one."""
    page = browser.new_page(viewport=WIDE, base_url=address, reduced_motion="reduce")
    sign_in(page, "researcher@demo.local")
    page.goto("/p/demo/training/")
    if (runs := page.get_by_role("link", name="Reward model run")).count():
        runs.first.click()
        page.locator("section[aria-labelledby=report]").screenshot(path=HERE / "report-card.png")
    page.context.close()


def rank_pair_by_pair(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=WIDE, base_url=address)
    sign_in(page, "manager@demo.local")
    page.goto("/p/demo/schemas/")
    page.locator("input[name=part-ranking][value=pairs]").check()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_load_state()
    page.context.close()


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", "demo-password")
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def open_room(page: Page) -> None:
    page.goto("/p/demo/work/")
    held = page.get_by_role("link", name="Continue")
    (held if held.count() else page.get_by_role("button", name="Start ranking")).click()
    page.wait_for_url("**/work/*-*/")
    page.locator("[data-sheet-open]").wait_for()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
        for scene in SCENES:
            take(chromium, address, scene)
        take_readiness(chromium, address)
        take_report_card(chromium, address)
        rank_pair_by_pair(chromium, address)
        take(chromium, address, PAIRS)
        chromium.close()
