"""What axe has against a page, in words."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The size of targets (WCAG 2.2, 2.5.8) is off by default.
EVERYTHING = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


def violations(page: Page, options: dict[str, Any] = EVERYTHING) -> list[str]:
    if not page.evaluate("'axe' in window"):  # a second look at the same document
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(options)", options)["violations"]
    return [f"{rule['id']}: {[node['html'][:160] for node in rule['nodes']]}" for rule in found]


def violations_in_both_themes(page: Page) -> list[str]:
    """Themes differ in colours alone (tokens.css), so the second look is at contrast.

    Without motion: colours that fade from one theme into the other have a contrast of their own on the way.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in violations(page, CONTRAST)]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def sideways(page: Page, width: int, height: int) -> list[str]:
    """What sticks out of a window of that size, when the page scrolls sideways in it."""
    page.set_viewport_size({"width": width, "height": height})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    if wide <= width:
        return []
    out: list[str] = page.evaluate(
        """(width) => [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .filter((one) => {
                for (let box = one.parentElement; box; box = box.parentElement)
                    if (box !== document.body && /auto|scroll|hidden/.test(getComputedStyle(box).overflowX)) return false;
                return true;
            })
            .slice(0, 4).map((one) => `<${one.localName} class="${one.className}">`)""",
        width,
    )
    return [f"{wide} px wide at {width}: {out}"]
