"""The guideline beside the task, and its pages: with the keyboard alone, on a phone, without scripts."""

import re

import pytest
from playwright.sync_api import expect

from apps.feedback.models import Question
from apps.feedback.services.questions import answer_show, question_answer, question_ask
from apps.labeling.models import Assignment
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.browser.axe import sideways, violations_in_both_themes
from tests.browser.hands import PARAGRAPH, Presses, to_ladder
from tests.make import make_rank_task

RULES = [
    "Helpfulness {#overall}",
    "Facts {#hallucination}",
    "Harm {#harmful_advice #encourages_harm}",
    "Order {#ranking}",
    "The end",
]
TEXT = "# Guideline\n\n" + "".join(
    f"## {rule}\n\n{PARAGRAPH * 6}\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n" for rule in RULES
)
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def ready(cast):
    guideline_publish(actor=cast.manager.user, project=cast.project, body=TEXT)
    guideline_acknowledge(member=cast.labeler, number=1)
    make_rank_task(cast.project, k=2)
    return cast


def in_focus(page) -> str:
    return page.evaluate(
        "document.activeElement.closest('.flag, .scale')?.id.split('-').at(-1) ?? document.activeElement.textContent.trim()"
    )


def answered(cast) -> Question:
    """A question of the labeler about facts, its answer for everybody."""
    question = question_ask(assignment=Assignment.objects.get(), body="What of dates?", rule="hallucination").question
    question_answer(actor=cast.manager.user, question=question, answer="They too.")
    return answer_show(actor=cast.manager.user, question=question, words="Do dates count?")


def test_the_keyboard_opens_it_at_the_rule_and_escape_gives_the_focus_back(ready, start):
    page = start(ready.labeler, viewport={"width": 1280, "height": 800})
    press = Presses(page)
    press("m", "ArrowDown", "ArrowDown", "w")
    marked = page.locator("#guideline-text .rule")
    expect(marked).to_have_text("Facts")
    expect(marked).to_be_focused()
    expect(marked).to_be_in_viewport()
    press("Escape")
    expect(page.locator("#guideline-text")).to_be_hidden()
    assert in_focus(page) == "hallucination"
    press("w")
    expect(marked).to_be_focused()
    press("w")
    expect(page.locator("#guideline-text")).to_be_hidden()
    assert in_focus(page) == "hallucination"


def test_it_turns_to_another_rule_while_it_is_open_and_knows_the_ladder(ready, start):
    page = start(ready.labeler, viewport={"width": 1280, "height": 800})
    press = Presses(page)
    press("m", "ArrowDown", "ArrowDown", "w")
    marked = page.locator("#guideline-text .rule")
    expect(marked).to_have_text("Facts")
    page.locator("[id$=-encourages_harm] input").first.focus()
    press("w")
    expect(marked).to_have_text("Harm")
    press("Escape")
    expect(page.locator("#guideline-text")).to_be_hidden()
    assert in_focus(page) == "encourages_harm"
    to_ladder(page)
    press("w")
    expect(marked).to_have_text("Order")


def test_a_press_on_its_name_takes_the_focus_along_too(ready, start):
    page = start(ready.labeler, viewport={"width": 1280, "height": 800})
    Presses(page)("m", "ArrowDown", "ArrowDown")
    page.locator("#guideline-drawer > summary").click()
    expect(page.locator("#guideline-text .rule")).to_have_text("Facts")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#guideline-text")).to_be_hidden()
    assert in_focus(page) == "hallucination"


def test_a_question_from_the_drawer_knows_its_rule_and_touches_nothing_begun(ready, start):
    page = start(ready.labeler, viewport={"width": 1280, "height": 800})
    Presses(page)("5", "m", "ArrowDown", "ArrowDown", "y", "ArrowUp", "w")
    expect(page.locator("#guideline-text .rule")).to_have_text("Facts")
    page.get_by_text("Ask about a rule").click()
    expect(page.get_by_label("Rule", exact=True)).to_have_value("hallucination")
    page.get_by_label("Your question").fill("What of dates?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#ask-rule .message")).to_be_focused()
    expect(page.locator("#ask-rule .exchange")).to_contain_text("What of dates?")
    question = Question.objects.get()
    assert (question.rule, question.guideline.number) == ("hallucination", 1)
    page.keyboard.press("Escape")
    expect(page.locator("#guideline-text")).to_be_hidden()
    expect(page.locator("input[value='5']:checked")).to_have_count(1)


def test_on_a_phone_it_covers_the_room(ready, start):
    page = start(ready.labeler, viewport=PHONE, has_touch=True)
    page.locator("#guideline-drawer > summary").click()
    expect(page.locator(".guideline-in-room")).to_be_visible()
    assert page.locator(".drawer-body").bounding_box() == {"x": 0, "y": 0, **PHONE}
    expect(page.locator("#judgment")).to_have_attribute("inert", "")
    assert sideways(page, 360, 740) == []
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#judgment")).not_to_have_attribute("inert", "")


def test_without_scripts_links_lead_to_the_rules_of_the_page(ready, start):
    page = start(ready.labeler, java_script_enabled=False)
    page.locator("#guideline-drawer > summary").click()
    with page.expect_popup() as opened:
        page.locator("#guideline-text").get_by_role("link", name="Hallucination").click()
    rules = opened.value
    rules.wait_for_url("**/guideline/#rule-hallucination")
    expect(rules.get_by_role("heading", name="Facts")).to_be_in_viewport()
    rules.get_by_label("Rule", exact=True).select_option("hallucination")
    rules.get_by_label("Your question").fill("What of dates?")
    rules.get_by_role("button", name="Ask", exact=True).click()
    expect(rules.get_by_text("Your question is with the project.")).to_be_visible()
    assert Question.objects.get().rule == "hallucination"


def test_the_drawer_has_no_accessibility_violations(ready, start):
    page = start(ready.labeler, reduced_motion="reduce")
    answered(ready)
    page.keyboard.press("w")
    expect(page.locator(".rule-notes")).to_contain_text("Do dates count?")
    page.get_by_text("Ask about a rule").click()
    found = violations_in_both_themes(page)
    assert found == [], "\n".join(found)


def test_the_pages_have_no_accessibility_violations_and_no_width_of_their_own(ready, start, open_page):
    start(ready.labeler)
    question = answered(ready)
    changed = TEXT.replace("tell patients", "never tell patients").replace("- two\n", "").replace("`2`", "**3**")
    guideline_publish(actor=ready.manager.user, project=ready.project, body=changed, change="Never tell.")
    page = open_page(ready.labeler.user, reduced_motion="reduce")
    found = []
    beside = f"/work/{question.assignment.uid}/guideline/"
    for path in ("/p/clinic/guideline/", "/p/clinic/guideline/changes/", "/p/clinic/guideline/1/", beside):
        page.goto(path)
        found += violations_in_both_themes(page) + sideways(page, 360, 740) + sideways(page, 1440, 900)
    page = open_page(ready.manager.user, reduced_motion="reduce")
    for path in (
        "/p/clinic/guidelines/",
        f"/p/clinic/feedback/questions/{question.uid}/",
        "/p/clinic/guidelines/next/",
    ):
        page.goto(path)
        found += violations_in_both_themes(page) + sideways(page, 360, 740) + sideways(page, 1440, 900)
    page.get_by_label("Text").fill(TEXT)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="Fields and their rules")).to_be_visible()
    found += violations_in_both_themes(page) + sideways(page, 360, 740)
    assert found == [], "\n".join(found)


def test_a_change_of_meaning_is_read_and_acknowledged_with_the_keyboard(ready, open_page):
    guideline_publish(
        actor=ready.manager.user, project=ready.project, body=TEXT.replace("tell", "never tell"), change="Never."
    )
    page = open_page(ready.labeler.user)
    page.goto("/p/clinic/work/")
    page.get_by_role("link", name="Read guideline 2").press("Enter")
    page.wait_for_url("**/guideline/?next=**")
    expect(page.locator("#what-changed ins").first).to_contain_text("never")
    page.get_by_role("button", name="I have read guideline 2").press("Enter")
    page.wait_for_url("**/p/clinic/work/")
    page.get_by_role("button", name="Start ranking").press("Enter")
    page.wait_for_url(re.compile("/work/[0-9a-f-]+/$"))


def test_on_paper_letters_are_dark_whatever_was_chosen(ready, open_page):
    page = open_page(ready.labeler.user, color_scheme="dark")
    page.add_init_script("localStorage.setItem('theme', 'dark')")
    page.goto("/p/clinic/guideline/")
    light = "getComputedStyle(document.querySelector('.document')).color.match(/\\d+/g).every((part) => part > 127)"
    assert page.evaluate(light)
    page.emulate_media(media="print")
    expect(page.get_by_role("banner")).to_be_hidden()
    assert not page.evaluate(light)
