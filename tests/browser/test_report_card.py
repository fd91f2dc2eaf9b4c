"""The report card in a real browser: without scripts, on a phone, in both themes, and on paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.training.domain.readings.card import TITLES
from tests.browser.axe import sideways, violations_in_both_themes
from tests.training.card_report import REPORT
from tests.training.rows import a_model, a_run


@pytest.fixture
def address(cast) -> str:
    run = a_run(cast.project, "reward", "done", report=REPORT, previous_model=a_model(cast.project, "reward"))
    return f"/p/clinic/training/runs/{run.uid}/"


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def test_the_card_can_be_used_by_everybody(cast, address, open_page):
    page = open_page(cast.researcher.user, reduced_motion="reduce")
    page.goto(address)
    open_all(page)
    wrong = violations_in_both_themes(page) + sideways(page, 360, 740)
    assert wrong == [], "\n".join(wrong)


def test_without_scripts_its_contents_lead_to_its_parts_and_details_open(cast, address, open_page):
    page = open_page(cast.researcher.user, java_script_enabled=False)
    page.goto(address)
    contents = page.get_by_role("navigation", name="The rest of the report card")
    expect(contents.get_by_role("link")).to_have_text([str(title) for title in TITLES.values()])
    contents.get_by_role("link", name="What it sees through").click()
    expect(page).to_have_url(re.compile("#card-sentinels$"))
    expect(page.locator("#card-sentinels")).to_be_in_viewport()
    missed = page.locator("#missed")
    expect(missed.get_by_text("<script>alert(0)</script>")).to_be_hidden()
    missed.locator("summary").click()
    expect(missed.get_by_text("<script>alert(0)</script>")).to_be_visible()


def test_charts_are_drawn_and_told(cast, address, open_page):
    """Every chart has its points within its box, a description, and its numbers behind it."""
    page = open_page(cast.researcher.user)
    page.goto(address)
    for name in ("Calibration", "Accuracy against margin", "Learning curve"):
        chart = page.get_by_role("img", name=re.compile(f"^{name}"))
        expect(chart).to_be_visible()
        box, points = chart.bounding_box(), chart.locator(".dot").bounding_box()
        assert box
        assert points
        assert box["x"] - 8 <= points["x"] <= points["x"] + points["width"] <= box["x"] + box["width"] + 8
        assert points["height"] > 5
    page.locator("#numbers-learning summary").click()
    expect(page.locator("#numbers-learning tbody tr")).to_have_count(3)


def test_on_paper_everything_stands_unfolded(cast, address, open_page):
    page = open_page(cast.researcher.user)
    page.goto(address)
    hidden = page.locator("#trainings td").first
    expect(hidden).to_be_hidden()
    page.emulate_media(media="print")
    expect(hidden).to_be_visible()
