"""The flow in a real browser: the next room is there before it is wanted, and nothing is lost on the way."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from apps.labeling.models import ActivityBatch, Assignment, Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.leases import leases_reap
from apps.projects.services import guideline_publish
from tests.cast import Cast
from tests.make import make_rank_task

SUBMIT = re.compile(r"/submit/$")
AHEAD = re.compile(r"/ahead/$")


@pytest.fixture
def tasks(cast: Cast) -> list:
    return [make_rank_task(cast.project, k=2) for _ in range(4)]


def prompt_of(task) -> str:
    return json.loads(task.prompt.messages)[-1]["content"]


def heading(page: Page):
    return page.locator("#asked")


def to_the_ladder(page: Page) -> None:
    page.locator("#prompt-heading").focus()  # out of any field
    page.keyboard.press("l")
    expect(page.locator("#room")).to_have_attribute("data-step", "rank")


def rank(page: Page) -> None:
    to_the_ladder(page)
    for key in "a1b2":
        page.keyboard.press(key)
    expect(page.locator(".tier input:checked")).to_have_count(2)


def note(page: Page, text: str) -> None:
    box = page.locator("textarea[name=note]")
    if not box.is_visible():
        page.locator("details", has=box).last.locator("> summary").click()
    box.fill(text)


def reserved() -> Assignment | None:
    return Assignment.objects.filter(state="reserved").first()


def rank_until_prefetched(page: Page) -> None:
    with page.expect_response(AHEAD) as answer:
        rank(page)
    assert answer.value.status == 200
    answer.value.finished()
    expect(page.locator("#saved")).to_contain_text("Saved")
    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")  # the page has what came


def test_the_next_room_is_reserved_ahead_and_shown_after_the_submit(start, cast, tasks):
    page = start(cast.labeler)
    rank_until_prefetched(page)
    assert reserved().task_id == tasks[1].pk
    assert prompt_of(tasks[1]) not in page.locator("body").inner_text()

    with page.expect_response(SUBMIT) as answer:
        page.keyboard.press("Control+Enter")

    expect(heading(page)).to_contain_text(prompt_of(tasks[1]))
    assert answer.value.headers["x-ahead"].startswith(str(reserved_or_leased(tasks[1]).uid))
    assert prompt_of(tasks[1]) not in answer.value.text(), "the room came ahead, not with the answer"
    expect(page).to_have_url(re.compile(str(reserved_or_leased(tasks[1]).uid)))
    expect(page.locator("[data-fresh=today]")).to_have_text("1 today")
    expect(page.locator("#prompt-heading")).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("Next task")
    assert page.locator("#room").get_attribute("data-lease-until")[:13] >= timezone.now().isoformat()[:13]

    rank_until_prefetched(page)  # and the swapped room does all of it again
    page.keyboard.press("Control+Enter")
    expect(heading(page)).to_contain_text(prompt_of(tasks[2]))
    assert Judgment.objects.count() == 2


def reserved_or_leased(task) -> Assignment:
    return Assignment.objects.get(task=task)


def test_nothing_of_the_next_task_shows_before_the_server_took_the_judgment(start, cast, tasks):
    page = start(cast.labeler)
    rank_until_prefetched(page)
    page.route(SUBMIT, lambda route: route.abort())

    page.keyboard.press("Control+Enter")

    expect(page.locator("[data-submit-problem]")).to_contain_text("Nothing is lost")
    expect(heading(page)).to_contain_text(prompt_of(tasks[0]))
    page.unroute(SUBMIT)
    page.keyboard.press("Control+Enter")
    expect(heading(page)).to_contain_text(prompt_of(tasks[1]))


def test_a_refused_submit_leaves_the_draft_being_saved(start, cast, tasks):
    page = start(cast.labeler)
    rank(page)
    page.route(SUBMIT, lambda route: route.fulfill(status=500, body="out of order"))
    with page.expect_response(SUBMIT):
        page.keyboard.press("Control+Enter")
    with page.expect_response(re.compile(r"/draft/$")) as saved:
        note(page, "said after the refusal")
    assert saved.value.status == 200
    expect(page.locator("#saved")).to_contain_text("Saved")


def test_without_a_prefetch_the_answer_brings_the_room(start, cast, tasks):
    page = start(cast.labeler)
    page.route(AHEAD, lambda route: route.abort())
    rank(page)
    with page.expect_response(SUBMIT) as answer:
        page.keyboard.press("Control+Enter")
    expect(heading(page)).to_contain_text(prompt_of(tasks[1]))
    assert "x-ahead" not in answer.value.headers


def test_a_reservation_that_went_to_someone_else_is_not_shown(start, cast, tasks):
    page = start(cast.labeler)
    rank_until_prefetched(page)
    gone = reserved()
    Assignment.objects.filter(pk=gone.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    leases_reap()
    tasks[1].refresh_from_db()
    tasks[1].open_slots = 0
    tasks[1].save()

    page.keyboard.press("Control+Enter")

    expect(heading(page)).to_contain_text(prompt_of(tasks[2]))


def test_a_room_whose_guideline_changed_comes_anew(start, cast, tasks):
    page = start(cast.labeler)
    rank_until_prefetched(page)
    guideline_publish(actor=cast.manager.user, project=cast.project, body="New rules.", requires_acknowledgement=False)
    with page.expect_response(SUBMIT) as answer:
        page.keyboard.press("Control+Enter")
    expect(heading(page)).to_contain_text(prompt_of(tasks[1]))
    assert "x-ahead" not in answer.value.headers
    expect(page.locator("#guideline-drawer")).to_be_attached()


def test_what_hands_did_arrives_without_what_was_typed(start, cast, tasks):
    page = start(cast.labeler)
    note(page, "a secret remark")
    rank(page)
    page.keyboard.press("Control+Enter")
    expect(heading(page)).to_contain_text(prompt_of(tasks[1]))

    batches = ActivityBatch.objects.filter(assignment__task=tasks[0])
    kinds = {event[1] for batch in batches for event in batch.events}
    assert {"open", "key", "place", "submit"} <= kinds
    assert all(isinstance(part, int | float) for batch in batches for event in batch.events for part in event[::2])
    assert "secret" not in json.dumps([batch.events for batch in batches])


def test_offline_work_is_kept_here_and_saved_when_the_network_is_back(start, cast, tasks):
    page = start(cast.labeler)
    page.context.set_offline(True)
    note(page, "written in a tunnel")
    expect(page.locator("#saved")).to_contain_text("Not saved: no connection")
    assert "written in a tunnel" in page.evaluate("JSON.stringify(localStorage)")

    page.context.set_offline(False)

    expect(page.locator("#saved")).to_contain_text("Saved")
    assert Assignment.objects.get(task=tasks[0]).draft["note"] == "written in a tunnel"
    assert "in a tunnel" not in page.evaluate("JSON.stringify(localStorage)")


def lose_the_server(page: Page) -> None:
    """For good: the last try of a page that ends is no request that a route sees."""
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no network')); }")


def test_a_tab_closed_while_the_server_is_away_gives_its_work_back(start, cast, tasks):
    page = start(cast.labeler)
    lose_the_server(page)
    note(page, "not yet saved")
    expect(page.locator("#saved")).to_contain_text("Not saved")
    url, context = page.url, page.context
    page.close()

    again = context.new_page()
    again.goto(url)

    expect(again.locator(".banner", has_text="had kept them")).to_be_visible()
    expect(again.locator("textarea[name=note]")).to_have_value("not yet saved")
    expect(again.locator("#saved")).to_contain_text("Saved")
    assert Assignment.objects.get(task=tasks[0]).draft["note"] == "not yet saved"


def test_a_newer_draft_is_not_overwritten_by_what_a_tab_had_kept(start, cast, tasks):
    page = start(cast.labeler)
    lose_the_server(page)
    note(page, "old words")
    expect(page.locator("#saved")).to_contain_text("Not saved")
    url, context = page.url, page.context
    page.close()
    Assignment.objects.filter(task=tasks[0]).update(draft={"note": "newer words"}, draft_revision=1)

    again = context.new_page()
    again.goto(url)
    expect(again.locator("textarea[name=note]")).to_have_value("newer words")
    again.get_by_role("button", name="Take the changes instead").click()
    expect(again.locator("textarea[name=note]")).to_have_value("old words")
    expect(again.locator("#saved")).to_contain_text("Saved")
    assert Assignment.objects.get(task=tasks[0]).draft["note"] == "old words"


def test_a_page_that_was_put_to_sleep_goes_on_telling_its_activity(start, cast, tasks):
    page = start(cast.labeler)
    with page.expect_response(re.compile(r"/draft/$")):
        note(page, "before")
        page.evaluate("document.dispatchEvent(new Event('freeze'))")
    page.evaluate("setInterval(() => dispatchEvent(new Event('online')), 300)")  # a heartbeat, once the last is 5 s ago
    told = lambda request: request.url.endswith("/heartbeat/") and bool(request.post_data_json["activity"]["events"])  # noqa: E731
    with page.expect_request(told):
        page.keyboard.press("Shift")


def test_signing_out_leaves_no_work_in_the_browser(start, cast, tasks):
    page = start(cast.labeler)
    page.route(re.compile(r"/draft/$"), lambda route: route.abort())
    note(page, "mine alone")
    expect(page.locator("#saved")).to_contain_text("Not saved")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    assert "mine alone" not in page.evaluate("JSON.stringify(localStorage)")


def test_an_expired_lease_is_claimed_again_with_the_work(start, cast, tasks):
    page = start(cast.labeler)
    note(page, "half of it")
    expect(page.locator("#saved")).to_contain_text("Saved")
    Assignment.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    leases_reap()
    thaw(page)
    expect(page.locator("#banner")).to_contain_text("Your time on this task has run out")

    page.get_by_role("button", name="Claim it again").click()

    expect(page.locator("textarea[name=note]")).to_have_value("half of it")
    assert Assignment.objects.get(task=tasks[0]).state == "leased"


def thaw(page: Page) -> None:
    """A laptop is opened again, a good while later by its own clock."""
    page.evaluate("""() => {
        const now = Date.now;
        Date.now = () => now() + 600000;
        document.dispatchEvent(new Event("resume"));
        Date.now = now;
    }""")


def test_a_laptop_opened_again_beats_at_once(start, cast, tasks):
    page = start(cast.labeler)
    with page.expect_response(re.compile(r"/heartbeat/$")) as beat:
        thaw(page)
    assert beat.value.status == 200


def test_a_frozen_tab_saves_first(start, cast, tasks):
    page = start(cast.labeler)
    with page.expect_response(re.compile(r"/draft/$")) as saved:
        note(page, "about to sleep")
        page.evaluate("document.dispatchEvent(new Event('freeze'))")
    assert saved.value.status == 200
    expect(page.locator("#saved")).to_contain_text("Saved")
    page.reload()
    expect(page.locator("textarea[name=note]")).to_have_value("about to sleep")


def test_a_second_tab_is_told_that_the_first_saved(start, cast, tasks):
    page = start(cast.labeler)
    second = page.context.new_page()
    second.goto(page.url)
    note(second, "from the second tab")
    expect(second.locator("#saved")).to_contain_text("Saved")
    note(page, "from the first tab")
    expect(page.locator("#banner")).to_contain_text("Another window saved a newer draft")
    expect(page.locator("textarea[name=note]")).to_have_value("from the first tab")
    assert Assignment.objects.get(task=tasks[0]).draft["note"] == "from the second tab"


def test_a_wrong_clock_frightens_nobody(open_page, cast, tasks):
    page = open_page(cast.labeler.user)
    page.clock.install(time=timezone.now() + timedelta(days=3))
    page.clock.resume()
    page.goto(f"/p/{cast.project.slug}/work/")
    page.get_by_role("button", name="Start ranking").click()
    expect(page.locator("[data-sheet-open]")).to_be_visible()
    page.clock.run_for(12_000)
    expect(page.locator("#banner")).to_be_hidden()
    note(page, "from the future")
    page.clock.run_for(3_000)
    expect(page.locator("#saved")).to_contain_text("Saved")


def test_malformed_activity_costs_no_draft(start, cast, tasks):
    page = start(cast.labeler)

    def spoil(route: Route) -> None:
        sent = json.loads(route.request.post_data) | {"activity": {"page": "?", "number": -1}}
        route.continue_(post_data=json.dumps(sent))

    page.route(re.compile(r"/draft/$"), spoil)
    with page.expect_response(re.compile(r"/draft/$")) as answer:
        note(page, "kept all the same")
    assert answer.value.status == 200
    assert answer.value.json()["activity_refused"].startswith("activity.page")
    assert Assignment.objects.get(task=tasks[0]).draft["note"] == "kept all the same"


def test_a_long_stretch_earns_a_quiet_word(start, cast, tasks):
    page = start(cast.labeler)
    page.evaluate("""localStorage.setItem("stretch", JSON.stringify(
        {since: Date.now() - 51 * 60000, last: Date.now(), told: 0}))""")
    box = page.locator("[data-pause]")
    expect(box).to_contain_text("51 minutes without a pause")
    box.get_by_role("button", name="Later").click()
    expect(box).to_have_count(0)
    rank(page)
    page.keyboard.press("Control+Enter")
    expect(heading(page)).to_contain_text(prompt_of(tasks[1]))


EARLY = {
    "note": lambda page: note(page, "early"),
    "rating": lambda page: page.get_by_role("group", name="Overall quality of A").get_by_text("6", exact=True).click(),
    "use_case": lambda page: page.locator("#use_case").select_option("closed_qa"),
}


@pytest.mark.parametrize("what", EARLY)
def test_work_done_before_the_scripts_came_is_saved(open_page, cast, tasks, what):
    page = open_page(cast.labeler.user)
    waiting: list[Route] = []
    page.route(re.compile(r"/room\.js"), lambda route: waiting.append(route))
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    page.goto(reverse("labeling:assignment", args=[assignment.uid]), wait_until="commit")
    page.locator("summary").filter(has_text="About the prompt").click()
    EARLY[what](page)
    expect(page.locator("[data-sheet-open]")).to_be_hidden()
    waiting[0].continue_()
    expect(page.locator("#saved")).to_contain_text("Saved")


def test_times_are_the_labelers_own(open_page, cast, tasks):
    page = open_page(cast.labeler.user, timezone_id="Asia/Kolkata")
    page.goto(f"/p/{cast.project.slug}/work/")
    page.get_by_role("button", name="Start ranking").click()
    note(page, "in Kolkata")
    expect(page.locator("#saved")).to_contain_text("Saved")
    saved = Assignment.objects.get(task=tasks[0]).draft_saved_at
    there = (saved + timedelta(hours=5, minutes=30)).strftime("%H:%M:%S")
    expect(page.locator("#saved")).to_have_text(f"Saved {there}")
    page.reload()
    expect(page.locator("#saved")).to_contain_text(f"{there} IST")
