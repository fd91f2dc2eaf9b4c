"""Takes the pictures of the two steps from a fresh demo: `make demo` in one terminal, in another

    .venv/bin/python docs/screenshots/take.py http://127.0.0.1:8000

Those of the room show the first task of a fresh demo, as one of its labelers holds it; `readiness` and the
report card whatever the demo has.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from launcher.browser import find_chromium

HERE = Path(__file__).parent
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 760}


def rating(page: Page) -> None:
    page.keyboard.press("6")
    page.keyboard.press("m")
    page.keyboard.press("n")


def ranking(page: Page) -> None:
    page.keyboard.press("l")
    for key in "b1d2a2":
        page.keyboard.press(key)


SCENES: list[tuple[str, Callable[[Page], None], int]] = [("rate", rating, 1), ("rank", ranking, 2)]


def take(browser: Browser, address: str) -> None:
    for name, play, number in SCENES:
        for size, suffix in ((WIDE, ""), (PHONE, "-phone")):
            for theme in ("light", "dark"):
                page = browser.new_page(viewport=size, color_scheme=theme, base_url=address, reduced_motion="reduce")
                sign_in(page, f"labeler{number}@demo.local")
                open_room(page)
                play(page)
                page.wait_for_timeout(400)
                page.evaluate("document.activeElement?.blur?.()")
                page.screenshot(path=HERE / f"{name}{suffix}{'-dark' if theme == 'dark' else ''}.png")
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
        take(chromium, address)
        take_readiness(chromium, address)
        take_report_card(chromium, address)
        chromium.close()
