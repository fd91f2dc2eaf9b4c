"""The navigation of those who run a project: two rows, neither of them ever two lines."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import sideways
from tests.cast import Cast

LINES = (
    """nav => new Set([...nav.querySelectorAll('a')].map(link => Math.round(link.getBoundingClientRect().top))).size"""
)


@pytest.mark.parametrize("width", [1440, 1280, 360])
@pytest.mark.parametrize("where", ["bias/", "members/"])
def test_no_row_wraps(cast: Cast, open_page: Callable[..., Page], width: int, where: str):
    page = open_page(cast.manager.user, viewport={"width": width, "height": 740})
    page.goto(f"/p/clinic/{where}")
    rows = page.locator(".project-nav, .section-nav")
    expect(rows).to_have_count(2)
    assert [row.evaluate(LINES) for row in rows.all()] == [1, 1]
    assert not sideways(page, width, 740)
    if width >= 1280:
        assert all(row.evaluate("nav => nav.scrollWidth <= nav.clientWidth") for row in rows.all())


def test_it_works_with_keys_and_without_scripts(cast: Cast, open_page: Callable[..., Page]):
    options: dict[str, Any] = {"java_script_enabled": False}
    page = open_page(cast.manager.user, **options)
    page.goto("/p/clinic/")
    groups = page.get_by_role("navigation", name="Project")
    groups.get_by_role("link", name="Quality").focus()
    page.keyboard.press("Enter")
    pages = page.get_by_role("navigation", name="Quality")
    expect(pages.get_by_role("link", name="Can I train?")).to_have_attribute("aria-current", "page")
    pages.get_by_role("link", name="Can I train?").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Agreement")


def test_the_menu_closes_by_escape_and_by_a_press_beside_it(cast: Cast, open_page: Callable[..., Page]):
    page = open_page(cast.manager.user)
    page.goto("/p/clinic/pay/")
    name, sign_out = page.locator(".menu > summary"), page.get_by_role("button", name="Sign out")
    name.press("Enter")
    expect(sign_out).to_be_visible()
    sign_out.focus()
    page.keyboard.press("Escape")
    expect(sign_out).to_be_hidden()
    expect(name).to_be_focused()
    name.click()
    expect(sign_out).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(sign_out).to_be_hidden()
