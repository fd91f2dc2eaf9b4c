"""Signing in through the page, and back to where one was going."""

from playwright.sync_api import expect

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
