"""Every page of the labeling room under axe, in both colour schemes; narrow screens; what a page costs."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.services import guideline_acknowledge, guideline_publish
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


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {[node['html'][:160] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labelers_pages_have_no_accessibility_violations(busy, open_page, scheme):
    page = open_page(color_scheme=scheme)
    for path in ("/", "/sign-in/"):
        page.goto(path)
        assert violations(page) == [], path
    page = open_page(busy.labeler.user, color_scheme=scheme)
    for path in (
        "/",
        "/p/clinic/",
        "/p/clinic/guideline/",
        "/p/clinic/work/",
        "/p/clinic/history/",
        "/account/tokens/",
    ):
        page.goto(path)
        assert violations(page) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_managers_pages_have_no_accessibility_violations(busy, open_page, scheme):
    page = open_page(busy.manager.user, color_scheme=scheme)
    for path in ("/p/clinic/", "/p/clinic/members/", "/p/clinic/guidelines/"):
        page.goto(path)
        assert violations(page) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ranking_room_has_no_accessibility_violations(busy, start, scheme):
    page = start(busy.labeler, color_scheme=scheme)
    assert violations(page) == []
    for key in ("a", "1", "b", "=", "o", "m", "n", "w"):
        page.keyboard.press("Escape" if key == "w" else key)
    page.locator("summary", has_text="About the prompt").click()
    page.evaluate("document.querySelector('[data-plain]').open = true")
    assert violations(page) == []
    page.locator("#ladder-heading").click()
    page.keyboard.press("?")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_writing_room_has_no_accessibility_violations(busy, start, scheme):
    page = start(busy.labeler, "Start writing", color_scheme=scheme)
    page.fill("#text", "# Dear *all*\n\n- one")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview em")).to_have_text("all")
    assert page.locator("[data-word-count]").inner_text() == "5 words"
    assert violations(page) == []


def test_writing_and_submitting(busy, start):
    page = start(busy.labeler, "Start writing")
    page.fill("#text", "Dear all,")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/p/clinic/work/")


def test_narrow_screens_scroll_one_way_only(busy, start, open_page):
    page = start(busy.labeler, viewport={"width": 360, "height": 740}, has_touch=True)
    page.keyboard.press("r")
    for path in ("", "/", "/p/clinic/", "/p/clinic/guideline/", "/p/clinic/history/", "/account/tokens/"):
        if path:
            page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, (path or "room", wide)
    page = open_page(busy.manager.user, viewport={"width": 360, "height": 740})
    for path in ("/p/clinic/", "/p/clinic/members/", "/p/clinic/guidelines/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_room_is_light(busy, start):
    """At most 12 requests and 150 kB, none of them to another host."""
    page = start(busy.labeler)
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.reload(wait_until="networkidle")
    assert {answer.url.split("/")[2] for answer in answers} == {page.url.split("/")[2]}
    assert len(answers) <= 12, [answer.url for answer in answers]
    assert sum(int(answer.header_value("content-length") or len(answer.body())) for answer in answers) <= 150_000


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
