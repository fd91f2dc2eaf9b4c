"""Signing in through the page, and back to where one was going."""

from playwright.sync_api import expect

from tests.browser.conftest import session_of
from tests.cast import PASSWORD


def test_signing_in_leads_to_where_one_was_going(cast, open_page):
    page = open_page()
    page.goto("/p/clinic/work/")
    page.fill("input[name=username]", cast.labeler.user.email)
    page.fill("input[name=password]", "not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/p/clinic/work/")


def test_who_signs_in_next_finds_nothing_of_the_last_ones_work(cast, open_page, live_server):
    """A session ended by itself, so nothing was tidied up: the copy of what had not been saved is still there."""
    page = open_page(cast.labeler.user)
    page.goto("/p/clinic/work/")
    page.evaluate(
        "localStorage.setItem('draft:/work/x/draft/', 'words of the first'); localStorage.setItem('theme', 'dark')"
    )
    page.reload()
    assert "words of the first" in page.evaluate("JSON.stringify(localStorage)")
    page.context.clear_cookies()
    page.goto("/sign-in/")
    assert "words of the first" in page.evaluate("JSON.stringify(localStorage)")
    page.context.add_cookies([session_of(cast.second_labeler.user, live_server.url)])
    page.goto("/p/clinic/work/")
    assert "words of the first" not in page.evaluate("JSON.stringify(localStorage)")
    assert page.evaluate("localStorage.getItem('theme')") == "dark"
