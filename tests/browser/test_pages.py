"""The rooms under axe, in both colour schemes; narrow screens; what a page costs."""

import gzip

import pytest
from playwright.sync_api import Response, expect

from apps.labeling.models import Assignment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.browser.axe import sideways, violations_in_both_themes
from tests.browser.hands import make_task, to_ladder
from tests.make import make_demonstrate_task, make_rank_task

GUIDELINE = "# Guideline\n\n## Helpfulness\n\nFirst.\n\n## Ties\n\nFreely.\n\n| a | b |\n|---|---|\n| 1 | 2 |"


@pytest.fixture
def busy(cast):
    """A project with a guideline, work of two kinds, and something in the labeler's history."""
    guideline_publish(actor=None, project=cast.project, body=GUIDELINE)
    guideline_acknowledge(member=cast.labeler, number=1)
    make_rank_task(cast.project, k=2)
    done = assignment_claim(member=cast.labeler, kind="rank")
    judgment_submit(assignment=done, body={"tiers": {"A": 1, "B": 1}})
    make_rank_task(cast.project, k=4)
    make_demonstrate_task(cast.project)
    return cast


def test_the_ranking_room_has_no_accessibility_violations(busy, start):
    """In every state: rating, a note, the ladder half done and done, folds open, the sheet, the guideline."""
    page = start(busy.labeler, reduced_motion="reduce")
    found = violations_in_both_themes(page)
    for key in ("5", "m", "y", "Escape", "j"):
        page.keyboard.press(key)
    found += violations_in_both_themes(page)
    page.locator("summary", has_text="About the prompt").click()
    page.locator("#rate-heading").focus()
    to_ladder(page)
    for key in ("a", "1", "b", "="):
        page.keyboard.press(key)
    found += violations_in_both_themes(page)
    page.evaluate("for (const fold of document.querySelectorAll('#room details')) fold.open = true")
    page.keyboard.press("Escape")
    found += violations_in_both_themes(page)
    page.locator("#ladder-heading").focus()
    page.keyboard.press("r")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    found += violations_in_both_themes(page)
    assert found == [], "\n".join(found)


def test_the_writing_room_has_no_accessibility_violations(busy, start):
    page = start(busy.labeler, "demonstrate", reduced_motion="reduce")
    page.fill("#text", "# Dear *all*\n\n- one")
    expect(page.locator("#preview em")).to_have_text("all")
    found = violations_in_both_themes(page) + sideways(page, 360, 740) + sideways(page, 720, 450)
    assert found == [], "\n".join(found)


def test_the_rooms_without_scripts_have_no_accessibility_violations(busy, start):
    """axe is a script itself: the page of a reader without scripts is looked at by one that has no others."""
    page = start(busy.labeler, reduced_motion="reduce")
    page.route("**/*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("[data-sheet-open]")).to_be_hidden()
    found = violations_in_both_themes(page) + sideways(page, 360, 740)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    ("kind", "button", "scripts"),
    [("rank", "Start ranking", False), ("rate", "Start rating", True), ("demonstrate", "Start writing", False)],
)
def test_a_button_takes_up_work_of_its_kind(cast, open_page, kind, button, scripts):
    task = make_task(cast.project, [] if kind == "demonstrate" else ["A.", "B."], kind)
    page = open_page(cast.labeler.user, java_script_enabled=scripts)
    page.goto("/p/clinic/work/")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/work/*-*/")
    assert page.url.endswith(f"/work/{Assignment.objects.get(task=task).uid}/")


def test_writing_and_submitting(busy, start):
    page = start(busy.labeler, "demonstrate")
    page.fill("#text", "Dear all,")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/p/clinic/work/")


@pytest.mark.parametrize("size", [(360, 740), (720, 450)], ids=["phone", "zoomed"])
def test_the_room_scrolls_one_way_only(busy, start, size):
    """360 px, and 200 % zoom of a window of 1440 by 900."""
    page = start(busy.labeler, viewport={"width": size[0], "height": size[1]}, has_touch=True)
    found = sideways(page, *size)
    to_ladder(page)
    page.keyboard.press("r")
    found += sideways(page, *size)
    page.evaluate("for (const fold of document.querySelectorAll('#room .work details')) fold.open = true")
    found += sideways(page, *size)
    assert found == [], "\n".join(found)


def sent(answer: Response) -> int:
    """Bytes on the wire: pages as they are, static files as `collectstatic` compresses them."""
    body = answer.body()
    return len(gzip.compress(body, 9)) if "/static/" in answer.url else len(body)


def test_the_room_is_light(busy, start):
    """At most 12 requests and 150 kB, none of them to another host, even with nine candidates."""
    make_rank_task(busy.project, k=9, priority=9)
    page = start(busy.labeler)
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.reload(wait_until="networkidle")
    assert {answer.url.split("/")[2] for answer in answers} == {page.url.split("/")[2]}
    assert len(answers) <= 12, [answer.url for answer in answers]
    weights = {answer.url.rsplit("/", 1)[-1]: sent(answer) for answer in answers}
    assert sum(weights.values()) <= 150_000, weights


def test_the_guideline_opens_beside_the_task(busy, start):
    page = start(busy.labeler)
    page.keyboard.press("w")
    expect(page.locator("#guideline-text")).to_contain_text("Freely.")
    page.keyboard.press("Escape")
    expect(page.locator("#guideline-text")).not_to_be_visible()


def test_texts_can_be_read_raw(busy, start):
    page = start(busy.labeler)
    expect(page.locator("#candidate-A .prose.raw")).not_to_be_visible()
    page.keyboard.press("v")
    expect(page.locator("#candidate-A .prose.raw")).to_be_visible()
    expect(page.locator("#candidate-A .prose.rendered")).not_to_be_visible()


def test_colours_can_be_chosen_and_stay(open_page, db):
    page = open_page(color_scheme="light")
    page.goto("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    button = page.locator("[data-theme-toggle]")
    button.click()
    button.click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
