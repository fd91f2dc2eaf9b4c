"""Settling a disagreement in a real browser: by the keyboard alone, and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from apps.adjudication.models import Resolution
from apps.adjudication.services.refresh import disagreements_refresh
from apps.projects.services import guideline_publish
from tests.adjudication.scene import contested


@pytest.fixture
def torn(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1], [1, 1, 2], priority=1)
    body = "# Guideline\n\n## Ties {#ranking}\n\nTie what you would be as glad to receive.\n"
    guideline_publish(actor=cast.manager.user, project=cast.project, body=body, requires_acknowledgement=False)
    disagreements_refresh(project=cast.project)
    return task


def test_by_the_keyboard_alone(cast, torn, open_page):
    page = open_page(cast.adjudicator.user)
    page.goto(f"/p/{cast.project.slug}/adjudication/")
    page.get_by_role("link", name=re.compile(r"Question \d")).click()
    expect(page.get_by_role("heading", name="Settle a disagreement")).to_be_visible()
    expect(page.locator(".board .card")).to_have_count(3)
    for key in ("b", "1", "a", "1", "c", "2"):
        page.keyboard.press(key)
    expect(page.locator("#announcer")).to_have_text("C, rank 2 of 2")
    page.get_by_label("Unclear guideline").focus()
    page.keyboard.press("Space")
    page.get_by_label("Which rule is unclear?").select_option("Ties")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Settled. The judgments stay as they are.")).to_be_visible()
    made = Resolution.objects.get()
    assert (sorted(made.tiers), made.category, made.rule) == ([1, 1, 2], "guideline", "ranking")


def test_another_two_are_shown_and_the_ladder_stays(cast, torn, open_page):
    page = open_page(cast.adjudicator.user)
    page.goto(f"/p/{cast.project.slug}/adjudication/{torn.uid}/")
    expect(page.locator(".board .card")).to_have_count(3)
    page.keyboard.press("a")
    page.keyboard.press("1")
    page.locator("[name=right]").select_option("Third")
    expect(page.get_by_role("heading", name="Third labeler")).to_be_visible()
    expect(page.locator('input[name="tier-A"][value="1"]')).to_be_checked()


def test_without_scripts(cast, torn, open_page):
    page = open_page(cast.adjudicator.user, java_script_enabled=False)
    page.goto(f"/p/{cast.project.slug}/adjudication/{torn.uid}/")
    for letter, tier in (("A", "1"), ("B", "1"), ("C", "2")):
        page.locator(f'label:has(input[name="tier-{letter}"][value="{tier}"])').click()
    page.get_by_label("Real pluralism").check()
    page.get_by_role("button", name=re.compile("^Settle it")).last.click()
    expect(page.get_by_text("Settled. The judgments stay as they are.")).to_be_visible()
    assert Resolution.objects.get().category == "pluralism"
