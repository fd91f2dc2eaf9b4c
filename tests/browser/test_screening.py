"""The exam in a real browser: by keyboard, without scripts, saved as one goes; every page usable by everybody."""

import pytest
from playwright.sync_api import Page, expect

from apps.screening.models import Attempt, ExamAnswer
from apps.screening.services.attempts import attempt_begin
from tests.browser.axe import sideways, violations_in_both_themes
from tests.exams.conftest import candidate_of
from tests.exams.make import exam_body, flag_item, practise, publish, rank_item, sit, whole_body, write_item


@pytest.fixture
def candidate(cast):
    return candidate_of(cast, "zelda", accepts_sensitive=True)


def test_the_whole_exam_by_keyboard_without_scripts(cast, candidate, open_page):
    practice = flag_item("p1", practice=True, explanation="It judges a group.")
    exam = exam_body(practice, rank_item("r1", [1, 2]), write_item("d1"), practice_rule={"last": 1, "right": 1})
    publish(cast.researcher, exam)
    page: Page = open_page(candidate.user, java_script_enabled=False)
    page.goto("/p/clinic/work/")
    press(page, "Begin")
    page.get_by_role("link", name="Practise").press("Enter")
    page.get_by_role("radio", name="Yes").press("Space")
    press(page, "Answer")
    expect(page.get_by_text("It judges a group.")).to_be_visible()
    page.get_by_role("link", name="To the exam").press("Enter")
    page.get_by_role("link", name="Go on").press("Enter")
    page.locator("input[name=tier-A][value='1']").press("Space")
    press(page, "Save and go on")
    expect(page.get_by_role("alert")).to_contain_text("B has no place on the ladder yet.")
    expect(page.locator("input[name=tier-A][value='1']")).to_be_checked()
    page.locator("input[name=tier-B][value='1']").press("Space")
    press(page, "Save and go on")
    page.get_by_role("textbox", name="Your reply").fill("Kindly, and at length.")
    press(page, "Save and go on")
    page.get_by_role("checkbox", name="Religion").press("Space")
    press(page, "Save and go on")
    press(page, "Hand the exam in")
    expect(page.get_by_role("heading", name="Waiting for a decision")).to_be_visible()
    assert Attempt.objects.get().submitted_at is not None


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).press("Enter")


def test_answers_are_saved_while_one_writes(cast, candidate, open_page):
    publish(cast.researcher, whole_body())
    practise(attempt_begin(member=candidate))
    page: Page = open_page(candidate.user)
    page.goto("/p/clinic/exam/items/d1/")
    page.get_by_role("textbox", name="Your reply").fill("Half of a")
    expect(page.get_by_text("Saved at")).to_be_visible()
    assert ExamAnswer.objects.get(item="d1").body == {"text": "Half of a"}
    page.goto("/p/clinic/exam/items/topics/")
    page.get_by_role("checkbox", name="Politics").check()
    expect(page.get_by_text("Saved at")).to_be_visible()
    assert ExamAnswer.objects.get(item="topics").body["topics"] == ["Politics"]


def test_a_sensitive_item_is_covered_until_asked_for(cast, candidate, open_page):
    publish(cast.researcher, exam_body(flag_item("f1", sensitive=True, texts=["A cruel word here."])))
    attempt_begin(member=candidate)
    page: Page = open_page(candidate.user)
    page.goto("/p/clinic/exam/items/f1/")
    expect(page.get_by_text("A cruel word here.").first).to_be_hidden()
    page.get_by_role("checkbox", name="Show the texts").check()
    expect(page.get_by_text("A cruel word here.").first).to_be_visible()


def test_every_page_of_screening_can_be_used_by_everybody(cast, candidate, open_page):
    publish(cast.researcher, whole_body())
    done = sit(candidate)
    sitting = candidate_of(cast, "yara")
    practise(attempt_begin(member=sitting))
    fresh = candidate_of(cast, "xeno")
    paths = {
        sitting: ["exam/", "exam/practice/", "exam/practice/?told=p2", "exam/items/f1/", "exam/items/r1/", "exam/items/d1/", "exam/items/topics/"],
        candidate: ["exam/"],
        fresh: ["exam/", "guideline/"],
        cast.researcher: ["screening/", f"screening/candidates/{done.uid}/", "screening/grading/", "screening/exams/1/"],
    }  # fmt: skip
    wrong = [
        one for member, own in paths.items() for one in _wrong(open_page(member.user, reduced_motion="reduce"), own)
    ]
    assert wrong == [], "\n".join(wrong)


def _wrong(page: Page, paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"/p/clinic/{path}")
        found += [f"{path} {one}" for one in violations_in_both_themes(page)]
        for size in ((360, 740), (720, 450)):
            found += [f"{path} {one}" for one in sideways(page, *size)]
    return found
