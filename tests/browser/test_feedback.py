"""Asking and reporting from the room, beside a judgment half made; answering; reading the answer."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.feedback.models import Question, Report
from apps.feedback.services.questions import question_answer, question_ask
from apps.feedback.services.reports import report_close, report_create
from apps.labeling.models import Assignment
from tests.browser.axe import sideways, violations, violations_in_both_themes
from tests.make import make_rank_task

SAID = "Your question is with the project"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> & <script>document.title='owned'</script>"


@pytest.fixture
def room(cast, start) -> Page:
    make_rank_task(cast.project, k=3)
    return start(cast.labeler)


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Ask or report")


def unfolded(page: Page) -> Locator:
    """The panel, open. A click may meet a room that is being replaced, and then it opened nothing."""
    words = panel(page).get_by_label("Ask the project about this task")
    for _ in range(3):
        if not words.is_visible():
            panel(page).locator("summary").click()
        with suppress(AssertionError):
            expect(words).to_be_visible(timeout=3000)
            break
    expect(words).to_be_visible()
    return panel(page)


def half_made(page: Page) -> None:
    """B on rung 1, by its plain control, wherever the room shows it."""
    page.locator("input[name=tier-B][value='1']").evaluate("radio => radio.click()")


def still_half_made(page: Page) -> None:
    expect(page.locator("input[name=tier-B]:checked")).to_have_value("1")
    expect(page.locator("input[name=tier-A]:checked")).to_have_count(0)


def submit(page: Page, ranks: dict[str, int]) -> None:
    """What the room's own submit does, with these ranks, whatever its ladder looks like."""
    page.evaluate(
        "values => htmx.ajax('POST', document.getElementById('judgment').action,"
        " {source: '#judgment', target: '#main', select: '#main', swap: 'outerHTML', values})",
        ranks,
    )


def held(cast) -> Assignment:
    return Assignment.objects.get(membership=cast.labeler, state="leased")


def test_asking_swaps_the_panel_alone_and_the_answer_comes_back(cast, room, open_page):
    expect(panel(room).get_by_label("Ask the project about this task")).not_to_be_visible()
    half_made(room)
    room.evaluate("window.untouched = document.getElementById('judgment')")
    box = unfolded(room)
    box.get_by_label("Ask the project about this task").fill(f"Is a tie fine? {HOSTILE}")
    box.get_by_role("button", name="Ask").click()
    expect(box.locator(".message")).to_contain_text(SAID)
    expect(box.locator(".message")).to_be_focused()
    expect(room.locator("#announcer")).to_contain_text(SAID)
    expect(box).to_contain_text(f"Is a tie fine? {HOSTILE}")
    expect(box.get_by_label("Ask the project about this task")).to_have_value("")
    assert room.evaluate("window.untouched === document.getElementById('judgment')")
    still_half_made(room)

    boss = open_page(cast.manager.user)
    boss.goto("/p/clinic/feedback/")
    expect(boss.get_by_text("Is a tie fine?")).to_be_visible()
    boss.get_by_label("Answer", exact=True).fill(f"Yes, a tie is fine. {HOSTILE}")
    boss.get_by_role("button", name="Send the answer").click()
    expect(boss.get_by_text("The answer is with the labeler who asked.")).to_be_visible()

    room.goto("/p/clinic/work/")
    link = room.get_by_role("navigation", name="Project").get_by_role("link", name="Questions")
    expect(link).to_have_text(re.compile(r"Questions\s+1"))
    link.click()
    expect(room.get_by_text("New answer")).to_be_visible()
    expect(room.get_by_text(f"Yes, a tie is fine. {HOSTILE}")).to_be_visible()
    room.goto("/p/clinic/work/")
    expect(link).to_have_text("Questions")
    assert room.title() != "owned"
    assert boss.title() != "owned"


def test_output_b_is_reported_and_a_second_click_is_told_so(cast, room):
    half_made(room)
    box = unfolded(room)
    for said in ("Thank you: your report of candidate B", "You have reported candidate B for this already"):
        box.get_by_label("Report", exact=True).select_option("B")
        box.get_by_label("What is wrong").select_option("harmful")
        box.get_by_role("button", name="Send the report").click()
        expect(box.locator(".message")).to_contain_text(said)
        expect(box.locator(".message")).to_be_focused()
    assignment, report = held(cast), Report.objects.get()
    assert report.completion_id == assignment.task.candidates[assignment.display_order[1]]
    still_half_made(room)


def test_a_mistake_is_told_where_it_was_made_and_nothing_is_lost(room):
    half_made(room)
    box = unfolded(room)
    box.get_by_label("Ask the project about this task").fill("A question half written")
    box.get_by_label("In your words").fill("It is odd")
    box.get_by_role("button", name="Send the report").click()
    wrong = box.get_by_label("What is wrong")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(room.locator("#announcer")).to_contain_text("One of harmful")
    expect(box.get_by_label("In your words")).to_have_value("It is odd")
    still_half_made(room)


def test_by_keyboard_alone(cast, room):
    room.locator("#feedback summary").focus()
    room.keyboard.press("Enter")
    room.keyboard.press("Tab")
    expect(panel(room).get_by_label("Ask the project about this task")).to_be_focused()
    room.keyboard.type("a 1 = r ?")  # letters, not shortcuts
    room.keyboard.press("Tab")
    room.keyboard.press("Enter")
    expect(panel(room).locator(".message")).to_be_focused()
    assert Question.objects.get().body == "a 1 = r ?"
    expect(room.locator("input[name=tier-A]:checked")).to_have_count(0)
    box = panel(room)
    box.get_by_label("Report", exact=True).focus()
    room.keyboard.press("ArrowDown")  # from the prompt to candidate A
    room.keyboard.press("Tab")
    room.keyboard.press("ArrowDown")  # "Harmful or unsafe"
    room.keyboard.press("Tab")
    room.keyboard.press("Tab")
    room.keyboard.press("Enter")
    expect(box.locator(".message")).to_contain_text("Thank you: your report of candidate A")
    assert Report.objects.get().category == "harmful"


def test_after_a_submit_the_focus_stays_with_the_panel(cast, start):
    """The room that came by a swap greets its reader; a swap within the panel does not repeat that."""
    for _ in range(2):
        make_rank_task(cast.project, k=2)
    page = start(cast.labeler)
    before = page.url
    submit(page, {"tier-A": 1, "tier-B": 2})
    expect(page).not_to_have_url(before)
    expect(page.locator("#announcer")).to_contain_text("Next task.")
    box = unfolded(page)
    box.get_by_label("Ask the project about this task").fill("Why?")
    box.get_by_role("button", name="Ask").click()
    expect(box.locator(".message")).to_contain_text(SAID)
    expect(page.locator("#announcer")).to_contain_text(SAID)
    expect(box.locator(".message")).to_be_focused()


def test_without_scripts(cast, start):
    make_rank_task(cast.project, k=3)
    page = start(cast.labeler, java_script_enabled=False)
    first = page.url
    page.locator("input[name=tier-B][value='1']").check(force=True)
    box = unfolded(page)
    box.get_by_label("Ask the project about this task").fill("Is a tie fine?")
    box.get_by_role("button", name="Ask").click()
    expect(page).to_have_url(first)
    expect(page.locator("#messages")).to_contain_text(SAID)
    still_half_made(page)
    box = unfolded(page)
    expect(box).to_contain_text("Is a tie fine?")
    box.get_by_label("Report", exact=True).select_option("B")
    box.get_by_role("button", name="Send the report").click()
    expect(page.get_by_label("What is wrong")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("What is wrong").select_option("broken")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("#messages")).to_contain_text("Thank you: your report of candidate B")
    expect(page).to_have_url(first)
    still_half_made(page)
    assert Report.objects.get().category == "broken"


def test_a_question_half_written_survives_a_refused_judgment(cast, room):
    """A judgment that the server refuses brings the whole room again; the words in the panel stay."""
    unfolded(room).get_by_label("Ask the project about this task").fill("What if")
    submit(room, {})
    expect(room.locator("#problems")).to_be_visible()
    expect(unfolded(room).get_by_label("Ask the project about this task")).to_have_value("What if")


def test_everybody_can_use_it(cast, room, open_page):
    """Every list in both its states, and the panel open with a mistake in it, by axe, on a phone and zoomed."""
    assignment = held(cast)
    for words in ("First?", "Second?"):
        asked = question_ask(assignment=assignment, body=words).question
    for letter in "AB":
        told = report_create(assignment=assignment, subject=letter, category="other", text="W" * 300).report
    question_answer(actor=cast.manager.user, question=asked, answer="Yes.")
    report_close(actor=cast.manager.user, report=told, resolution="Done.")
    boss, wrong = open_page(cast.manager.user, reduced_motion="reduce"), []
    for query in ("list=questions", "list=questions&state=closed", "list=reports", "list=reports&state=closed"):
        boss.goto(f"/p/clinic/feedback/?{query}")
        wrong += [f"{query} {one}" for one in violations_in_both_themes(boss) + sideways(boss, 360, 740)]
    unfolded(room).get_by_role("button", name="Send the report").click()
    expect(panel(room).get_by_label("What is wrong")).to_be_focused()
    wrong += violations(room, {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}})
    for path in (f"/work/{assignment.uid}/feedback/", "/p/clinic/questions/"):
        room.goto(path)
        wrong += [f"{path} {one}" for one in violations_in_both_themes(room) + sideways(room, 360, 740)]
    assert wrong == [], "\n".join(wrong)
