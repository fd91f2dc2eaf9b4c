"""Writing a demonstration: preview, size, pasted share, likeness; by keyboard alone and without scripts."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from apps.labeling.models import Assignment, Demonstration
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import schema_publish
from apps.prompts.services import prompt_write
from tests.browser.axe import sideways, violations_in_both_themes
from tests.make import make_completions, make_demonstrate_task

ANSWER = "Drink enough water, rest for a few days, and come in when the fever lasts longer than three days."


def paste(page: Page, text: str) -> None:
    """As the browser does it: the event with its data, and, where nobody objects, the text at the caret."""
    page.locator("#text").evaluate(
        """(area, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          if (!area.dispatchEvent(event)) return;
          area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
          area.dispatchEvent(new InputEvent("input", {bubbles: true, inputType: "insertFromPaste", data: text}));
        }""",
        text,
    )


def ready(page: Page) -> None:
    expect(page.locator("input[name=pasted]")).to_have_value(re.compile(r"\d+"))


def written(page: Page, before: str) -> Demonstration:
    expect(page).not_to_have_url(before)
    return Demonstration.objects.select_related("completion").latest("pk")


def test_by_keyboard_alone(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    room = page.url
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "text":
            break
        page.keyboard.press("Tab")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Rest, and **drink**.")
    expect(page.locator("[data-text-size]")).to_have_text("3 words · 20 characters")
    expect(page.locator("#preview .rendered strong")).to_have_text("drink")
    expect(page.locator("#text")).to_be_focused()  # the preview came without taking the caret
    page.keyboard.type(" Then call.")
    page.keyboard.press("Tab")
    expect(page.locator("#text")).not_to_be_focused()  # Tab leads on, it is no trap
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+Enter")
    stored = written(page, room)
    assert stored.completion.body == "Rest, and **drink**. Then call."
    assert stored.pasted_share == 0.0


def test_submitting_by_key_from_the_preview_button_submits_the_reply(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    room = page.url
    page.fill("#text", "Rest.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview .rendered")).to_have_text("Rest.")
    expect(page.get_by_role("button", name="Preview")).to_be_focused()
    page.keyboard.press("Control+Enter")
    assert written(page, room).completion.body == "Rest."


def test_without_scripts_the_button_shows_the_preview_and_the_likeness(cast, start):
    task = make_demonstrate_task(cast.project)
    make_completions(task.prompt, [ANSWER])
    page = start(cast.labeler, "demonstrate", java_script_enabled=False)
    page.fill("#text", f"**So:** {ANSWER}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview strong")).to_have_text("So:")
    expect(page.locator("[data-likeness]")).to_contain_text("% of this reads like one of this prompt's model answers.")
    expect(page.locator("#text")).to_have_value(f"**So:** {ANSWER}")
    page.get_by_role("button", name="Submit the reply").click()
    expect(page.get_by_role("heading", name="Work", exact=True)).to_be_visible()
    stored = Demonstration.objects.get()
    assert stored.pasted_share is None  # nobody counted
    assert stored.similarity > 0.8


def test_what_was_pasted_is_counted_and_a_reload_keeps_text_and_count(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.locator("#text").focus()
    page.keyboard.type("0123456789")
    paste(page, "abcdefghijklmnopqrstuvwxyz and 3+")  # 33 characters
    expect(page.locator("input[name=pasted]")).to_have_value("33")
    expect(page.locator("#saved")).to_have_text(re.compile(r"Saved \d\d:\d\d:\d\d"))
    until_saved(page, "0123456789abcdefghijklmnopqrstuvwxyz and 3+")
    page.reload()
    expect(page.locator("#text")).to_have_value("0123456789abcdefghijklmnopqrstuvwxyz and 3+")
    expect(page.locator("input[name=pasted]")).to_have_value("33")
    room = page.url
    page.get_by_role("button", name="Submit the reply").click()
    assert written(page, room).pasted_share == pytest.approx(33 / 43)


def until_saved(page: Page, text: str) -> None:
    """The stamp says that something was saved; this waits for the last of it."""
    for _ in range(150):
        if (Assignment.objects.get().draft or {}).get("text") == text:
            return
        page.wait_for_timeout(100)
    pytest.fail("the draft was not saved")


def test_moving_ones_own_words_is_no_pasting(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.locator("#text").focus()
    page.keyboard.type("words of my own")
    page.keyboard.press("Control+a")
    page.locator("#text").evaluate("area => area.dispatchEvent(new ClipboardEvent('copy', {bubbles: true}))")
    page.keyboard.press("ArrowRight")
    paste(page, "words of my own")
    expect(page.locator("#text")).to_have_value("words of my ownwords of my own")
    expect(page.locator("input[name=pasted]")).to_have_value("0")
    paste(page, "!!!")
    expect(page.locator("input[name=pasted]")).to_have_value("3")


def test_the_likeness_to_a_model_answer_is_said_and_announced(cast, start):
    task = make_demonstrate_task(cast.project)
    make_completions(task.prompt, [ANSWER], model="secret-model")
    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.locator("#text").focus()
    page.keyboard.insert_text(ANSWER)
    sentence = "About 100 % of this reads like one of this prompt's model answers."
    expect(page.locator("[data-likeness]")).to_have_text(sentence)
    expect(page.locator("#announcer")).to_have_text(sentence)
    assert "secret" not in page.content()


def test_the_likeness_to_an_own_earlier_reply_names_its_day(cast, start):
    make_demonstrate_task(cast.project)
    earlier = assignment_claim(member=cast.labeler, kind="demonstrate")
    today: date = judgment_submit(assignment=earlier, body={"text": ANSWER}).judgment.submitted_at.date()
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.locator("#text").focus()
    page.keyboard.insert_text(f"{ANSWER} And more.")
    expect(page.locator("[data-likeness]")).to_have_text(
        re.compile(rf"About \d0 % of this reads like a reply you wrote on {today.day} {today:%B %Y}\.")
    )


def test_the_limit_is_shown_before_it_is_reached_and_nothing_is_cut(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    size = page.locator("[data-text-size]")
    page.fill("#text", "a" * 95_000)
    expect(size).to_have_text("1 word · 95,000 of 100,000 characters")
    page.fill("#text", "a" * 100_001)
    expect(size).to_have_class(re.compile("over"))
    room = page.url
    page.get_by_role("button", name="Submit the reply").click()
    expect(page.locator("#text-error")).to_have_text("At most 100000 characters; this one has 100001.")
    assert page.url == room
    assert len(page.locator("#text").input_value()) == 100_001


def test_the_next_task_begins_afresh(cast, start):
    """It arrives in the answer to the submit, without a load of the page."""
    make_demonstrate_task(cast.project)
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    room = page.url
    page.locator("#text").focus()
    paste(page, "A pasted reply.")
    page.keyboard.press("Control+Enter")
    assert written(page, room).pasted_share == 1.0
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("input[name=pasted]")).to_have_value("0")
    page.fill("#text", "My **own**.")
    expect(page.locator("[data-text-size]")).to_have_text("2 words · 11 characters")
    expect(page.locator("#preview .rendered strong")).to_have_text("own")
    room = page.url
    page.get_by_role("button", name="Submit the reply").click()
    assert written(page, room).pasted_share == 0.0


def test_raw_shows_the_preview_raw(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.fill("#text", "**bold**")
    expect(page.locator("#preview .rendered strong")).to_be_visible()
    page.get_by_label("Raw").check(force=True)
    expect(page.locator("#preview .raw")).to_have_text("**bold**")
    expect(page.locator("#preview .raw")).to_be_visible()
    expect(page.locator("#preview .rendered")).to_be_hidden()


def test_signed_out_while_writing_brings_no_sign_in_page_into_the_preview(cast, start):
    make_demonstrate_task(cast.project)
    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.context.clear_cookies()
    with page.expect_response(lambda answer: "/sign-in/" in answer.url or "/preview/" in answer.url):
        page.fill("#text", "Still here.")
    expect(page.locator("#preview input[name=password]")).to_have_count(0)
    expect(page.locator("#text")).to_have_value("Still here.")


def test_axe_finds_nothing_and_no_page_scrolls_sideways(cast, start, open_page):
    schema_publish(actor=None, project=cast.project, body=SEED_SCHEMA | {"parts": {"prompt_writing": True}})
    task = make_demonstrate_task(cast.project, required=2)
    make_completions(task.prompt, [ANSWER], model="a-model-with-quite-a-long-name")
    assignment = assignment_claim(member=cast.second_labeler, kind="demonstrate")
    judgment_submit(assignment=assignment, body={"text": ANSWER}, pasted=40)
    prompt_write(member=cast.labeler, text="A prompt of mine?", context="", use_case="chat", sensitive=True)

    page = start(cast.labeler, "demonstrate")
    ready(page)
    page.fill("#text", f"{ANSWER}\n\n```\nlet it = be * a + longer - line / of ^ code;\n```")
    expect(page.locator("[data-likeness]")).to_be_visible()
    wrong = violations_in_both_themes(page) + sideways(page, 360, 740)
    page.goto("/p/clinic/write-prompt/")
    page.fill("#id_text", "**What** is this?")
    page.select_option("#id_use_case", "extract")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#prompt-preview strong")).to_have_text("What")
    expect(page.get_by_role("button", name="Preview")).to_be_focused()
    wrong += violations_in_both_themes(page) + sideways(page, 360, 740)
    page = open_page(cast.manager.user)
    page.goto("/p/clinic/demonstrations/")
    expect(page.get_by_role("link", name="a-model-with-quite-a-long-name-0")).to_be_visible()
    wrong += violations_in_both_themes(page) + sideways(page, 360, 740)
    assert wrong == []
