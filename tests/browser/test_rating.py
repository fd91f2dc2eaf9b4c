"""The first step, "Read and rate": one candidate at a time, by keyboard, by pointer and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from apps.labeling.models import Assignment, Judgment
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.make import make_rank_task

from .hands import PARAGRAPH, Presses, make_task, publish_parts, rank_of, rated, said, submitted, to_ladder


def test_one_output_at_a_time(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler)
    shown = page.locator(".candidate:visible")
    expect(shown).to_have_attribute("data-letter", "A")
    Presses(page)("c")
    expect(shown).to_have_attribute("data-letter", "C")
    expect(page.locator("#name-C")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Candidate C of 3, not rated yet")
    Presses(page)("[", "6")
    expect(shown).to_have_attribute("data-letter", "B")
    expect(page.locator("input[name=rating-B-overall]:checked")).to_have_value("6")
    strip = page.get_by_role("group", name="Candidates")
    expect(strip.get_by_role("button", name="Candidate B, rated 6")).to_have_attribute("aria-current", "true")
    strip.get_by_role("button", name="Candidate A, not rated yet").click()
    expect(shown).to_have_attribute("data-letter", "A")
    page.get_by_role("button", name="Next").click()
    expect(shown).to_have_attribute("data-letter", "B")
    page.get_by_role("button", name="To the ladder").click()
    expect(page.get_by_role("button", name="B, not placed yet")).to_be_focused()
    page.keyboard.press("k")
    expect(shown).to_have_attribute("data-letter", "B")


def test_rate_flag_note_and_rank_by_keyboard_alone(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    first, press = page.url, Presses(page)
    press("a", "6", "m", "n", "n", "x")
    expect(page.locator("#flag-A-satisfies_constraint input").first).to_be_focused()
    press("ArrowDown", "ArrowUp", "y", "j")
    page.keyboard.type("b1 = r?")
    press("Control+Enter")  # while typing, too: it leads to what is missing
    expect(page.get_by_role("button", name="A, not placed yet")).to_be_focused()
    press("a", "1", "b", "=", "Control+Enter")
    judgment = submitted(page, first)
    assert said(judgment) == {"A": 1, "B": 1}
    flags = {"fails_instruction": "no", "inappropriate_for_assistant": "no", "hallucination": "na", "satisfies_constraint": "yes"}  # fmt: skip
    assert rated(judgment) == {"A": {"overall": 6, "flags": flags, "note": "b1 = r?"}, "B": {}}


def test_a_flag_without_such_an_answer_says_so(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    Presses(page)("m", "x")
    expect(page.locator("#announcer")).to_have_text("This flag has no such answer.")
    expect(page.locator("#flag-A-fails_instruction input").first).to_be_focused()


def test_each_flag_is_explained(cast, start):
    """In its row while a keyboard is on it, and in all rows for whoever asks once."""
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler, has_touch=True)
    meaning = page.locator("#flag-A-fails_instruction .help")
    expect(meaning).not_to_be_visible()
    page.keyboard.press("m")
    expect(meaning).to_be_visible()
    page.locator("#name-A").focus()
    expect(meaning).not_to_be_visible()
    page.locator("#candidate-A").get_by_label("Say what each means").tap()
    expect(meaning).to_be_visible()
    page.keyboard.press("]")
    expect(page.locator("#flag-B-fails_instruction .help")).to_be_visible()
    page.reload()
    expect(meaning).to_be_visible()


def test_an_answer_can_be_cleared(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.keyboard.press("5")
    chosen = page.locator("input[name=rating-A-overall]:checked")
    expect(chosen).to_have_value("5")
    page.locator("#rating-A-overall").get_by_text("5", exact=True).click()
    expect(chosen).to_have_count(0)


def test_a_long_output_unfolds_by_key(cast, start):
    make_task(cast.project, [PARAGRAPH * 60, PARAGRAPH * 61])
    page = start(cast.labeler)
    whole = page.locator("#candidate-A .prose.rendered")
    expect(whole).not_to_be_visible()
    page.keyboard.press("o")
    expect(whole).to_be_visible()


def test_work_on_the_ladder_is_gone_on_with_there(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.reload()
    expect(page.locator("#room")).to_have_attribute("data-step", "rate")
    Assignment.objects.update(draft={"tiers": {"B": 2}, "ratings": {"A": {"overall": 3}}}, draft_revision=1)
    page.reload()
    expect(page.locator("#room")).to_have_attribute("data-step", "rank")
    expect(page.get_by_role("button", name="B, rank 2 of 2")).to_be_visible()


def test_what_the_server_refuses_is_put_in_reach(cast, start):
    """A note too long for the rules: the page opens the step and the candidate it is about, with the control in focus."""
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.locator("#note-B").evaluate("area => (area.value = 'x'.repeat(4001))")
    to_ladder(page)
    Presses(page)("a", "1", "b", "2", "Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="at most 4000 characters")).to_be_visible()
    expect(page.locator("#room")).to_have_attribute("data-step", "rate")
    expect(page.locator("#note-B")).to_be_focused()
    assert not Judgment.objects.exists()
    page.locator("#note-B").fill("short")
    first = page.url
    page.keyboard.press("Control+Enter")
    assert said(submitted(page, first)) == {"A": 1, "B": 2}


@pytest.mark.parametrize("kind", ["rank", "rate"])
def test_ratings_alone(cast, start, kind):
    """A project without ranking, and a task that only rates: every candidate needs a rating."""
    if kind == "rank":
        publish_parts(cast.project, ranking="off")
    make_task(cast.project, ["One.", "Two."], kind)
    page = start(cast.labeler, kind)
    expect(page.locator("#ladder, [data-steps]")).to_have_count(0)
    first = page.url
    Presses(page)("b", "4", "Control+Enter")
    expect(page.locator("[data-submit-problem]")).to_have_text("Not rated yet: A.")
    expect(page.locator("#name-A")).to_be_focused()
    Presses(page)("7", "Control+Enter")
    assert rated(submitted(page, first)) == {"A": {"overall": 7}, "B": {"overall": 4}}


def test_without_scripts(cast, start):
    make_rank_task(cast.project, k=3)
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler, java_script_enabled=False)
    first = page.url
    for letter in "ABC":
        expect(page.locator(f"#candidate-{letter} .prose.rendered")).to_be_visible()
    page.locator("input[name=rating-B-overall][value='6']").check(force=True)
    page.locator("input[name=flag-B-hallucination][value='na']").check(force=True)
    page.locator("input[name=tier-A][value='2']").check(force=True)
    page.get_by_role("button", name="Submit the ranking").click()
    expect(page.get_by_role("alert")).to_contain_text("B has no place on the ladder yet.")
    page.locator("input[name=tier-B][value='1']").check(force=True)
    page.locator("input[name=tier-C][value='2']").check(force=True)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Your draft is saved.")).to_be_visible()
    page.reload()
    expect(rank_of(page, "C")).to_have_value("2")
    page.get_by_role("button", name="Submit the ranking").click()
    judgment = submitted(page, first)
    assert said(judgment) == {"A": 2, "B": 1, "C": 2}
    assert rated(judgment)["B"] == {"overall": 6, "flags": {"hallucination": "na"}}
    expect(page.locator("input[name=tier-B]")).to_have_count(2)


def test_the_guideline_opens_at_the_rule_for_what_is_in_the_focus(cast, start):
    rules = ["Helpfulness", "Overall quality", "Hallucinations", "Harmful advice", "Ranks and ties", "The end"]
    body = "# Guideline\n\n" + "".join(f"## {rule}\n\n{PARAGRAPH * 8}\n\n" for rule in rules)
    guideline_publish(actor=None, project=cast.project, body=body)
    guideline_acknowledge(member=cast.labeler, number=1)
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler, viewport={"width": 1280, "height": 800})
    Presses(page)("m", "ArrowDown", "ArrowDown", "w")
    marked = page.locator("#guideline-text .rule")
    expect(marked).to_have_text("Hallucinations")
    expect(marked).to_be_in_viewport()
    Presses(page)("Escape")
    to_ladder(page)
    Presses(page)("w")
    expect(marked).to_have_text("Ranks and ties")
    expect(marked).to_be_in_viewport()


def test_who_cannot_judge_says_why(cast, start):
    make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    page.get_by_text("Cannot judge this one?").click()
    page.get_by_label("Reason").select_option("language")
    page.get_by_role("button", name="Skip for good").click()
    page.wait_for_url(re.compile("/p/clinic/work/$"))
    assert Assignment.objects.get().skip_code == "language"
