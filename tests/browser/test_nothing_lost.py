"""In a real browser: what comes in between leaves the work on the screen, and the next press sends it."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.labeling.models import Judgment
from apps.labeling.services.leases import assignment_skip
from apps.projects.models import JudgmentSchema
from apps.projects.services import schema_publish
from tests.browser.axe import sideways, violations_in_both_themes
from tests.browser.conftest import session_of
from tests.browser.hands import make_task, saved, submitted
from tests.projects.test_schema_page import PATH

RATE_ONLY = {"fields": [{"name": "overall", "kind": "scale", "subject": "completion", "label": "Overall quality"}], "parts": {
    "ranking": "off", "prompt": False,
}}  # fmt: skip


@pytest.fixture
def rating(cast, start) -> Page:
    """A room that asks for two ratings, and a note that was just begun."""
    schema_publish(actor=None, project=cast.project, body=RATE_ONLY)
    for _ in range(2):
        make_task(cast.project, ["One answer", "Another answer"])
    page = start(cast.labeler)
    # An answer still on its way would bring back the cookies that a test takes away: the next room comes first.
    with page.expect_response("**/ahead/"):
        page.evaluate(
            """() => { for (const name of ["rating-A-overall", "rating-B-overall"])
                document.querySelector(`input[name=${name}][value="3"]`).click(); }"""
        )
    return page


def press_submit(page: Page) -> None:
    page.evaluate("document.querySelector('#judgment').requestSubmit(document.querySelector('#submit'))")


def answer_anew(page: Page, value: int) -> None:
    """Without a click of the pointer, which would scroll there."""
    page.evaluate(f"""document.querySelector('input[name=rating-A-overall][value="{value}"]').click()""")


def both_rated(page: Page) -> None:
    for letter in "AB":
        assert page.evaluate(f"document.querySelector('input[name=rating-{letter}-overall]:checked').value") == "3"


def test_signing_in_again_elsewhere_costs_one_more_press(cast, rating):
    before = rating.url
    saved(rating)
    rating.context.clear_cookies(name="csrftoken")
    press_submit(rating)
    expect(rating.locator("#kept")).to_contain_text("Press the button once more")
    both_rated(rating)
    press_submit(rating)
    assert submitted(rating, before).ratings.values[0] == {"overall": 3}


def test_signed_out_the_work_stays_and_goes_through_after_signing_in(cast, rating, live_server):
    before = rating.url
    rating.context.clear_cookies(name="sessionid")
    press_submit(rating)
    expect(rating.locator("#kept")).to_contain_text("you are signed out")
    expect(rating.locator("#kept a")).to_have_attribute("target", "_blank")
    both_rated(rating)
    assert violations_in_both_themes(rating) == []
    assert not Judgment.objects.exists()
    rating.context.add_cookies([session_of(cast.labeler.user, live_server.url)])
    press_submit(rating)
    assert submitted(rating, before).ratings.values[0] == {"overall": 3}


def test_what_could_not_be_sent_is_no_longer_said_when_the_network_is_back(rating):
    problem = rating.locator("[data-submit-problem]")
    rating.context.set_offline(True)
    press_submit(rating)
    expect(problem).to_contain_text("Nothing is lost: try again")
    rating.context.set_offline(False)
    expect(problem).to_be_hidden()
    both_rated(rating)


@pytest.mark.parametrize("size", [{"width": 1440, "height": 320}, {"width": 360, "height": 400}])
def test_what_must_not_be_missed_is_in_sight_at_the_end_of_the_page(rating, size):
    saved(rating)
    rating.set_viewport_size(size)
    rating.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    rating.context.set_offline(True)
    answer_anew(rating, 4)
    expect(rating.locator("#saved.trouble")).to_be_in_viewport(ratio=0.9)
    rating.context.set_offline(False)
    saved(rating)
    rating.context.clear_cookies(name="sessionid")
    answer_anew(rating, 5)
    expect(rating.locator("#banner")).to_contain_text("You are signed out")
    expect(rating.locator("#banner")).to_be_in_viewport(ratio=0.9)


def test_a_task_skipped_in_another_window_is_there_to_copy(cast, rating):
    assignment_skip(assignment=cast.labeler.assignments.get(state="leased"), reason="")
    press_submit(rating)
    expect(rating.get_by_role("heading", name="You skipped this task")).to_be_visible()
    both_rated(rating)
    assert violations_in_both_themes(rating) == []
    rating.get_by_role("link", name="Go on").click()
    expect(rating).to_have_url(re.compile("/p/clinic/work/$"))
    assert not Judgment.objects.exists()


def test_a_note_far_too_long_is_refused_beside_itself(cast, rating):
    rating.evaluate(
        "document.querySelector('textarea[name=note]').value = `Fifty letters and spaces on every line of these. \\n`.repeat(2_000)"
    )
    press_submit(rating)
    expect(rating.locator("#problems")).to_contain_text("At most 4000 characters; this one has 99998.")
    both_rated(rating)
    assert rating.evaluate("document.querySelector('textarea[name=note]').value.length") == 100_000


@pytest.mark.parametrize("scripts", [True, False])
def test_a_manager_makes_a_schema_with_and_without_scripts(cast, open_page, scripts):
    page = open_page(cast.manager.user, java_script_enabled=scripts)
    page.goto(PATH)
    page.get_by_label("pair by pair").check()
    page.get_by_role("button", name="Add a scale").click()
    page.locator("details[open] input[name$=-label]").fill("Tone")
    page.get_by_role("button", name="Look at it").last.click()
    sample = page.locator("#sample")
    expect(sample).to_contain_text("Compare them pair by pair")
    expect(sample.get_by_role("group", name="Tone")).to_be_visible()
    if scripts:
        assert violations_in_both_themes(page) == []
        assert sideways(page, 360, 740) == []
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#messages")).to_contain_text("Schema 2 is in force")
    body = JudgmentSchema.objects.get(number=2).body
    assert [field["name"] for field in body["fields"] if field["kind"] == "scale"] == ["overall", "tone"]
    assert body["parts"]["ranking"] == "pairs"
