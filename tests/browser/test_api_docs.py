"""The API's page for people, under the installation's own policy."""

from playwright.sync_api import expect


def test_the_page_works_and_its_console_is_clean(open_page, cast):
    page = open_page(cast.manager.user)
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.goto("/api/docs/", wait_until="networkidle")
    operation = page.locator(".opblock").first
    expect(operation).to_be_visible()
    operation.locator(".opblock-summary-control").click()
    expect(operation.locator(".opblock-body")).to_be_visible()
    expect(page.locator("body")).to_have_css("margin", "0px")
    expect(page.locator("body")).to_have_css("background-color", "rgb(250, 250, 250)")
    assert [line for line in said if not line.startswith("log:")] == []
