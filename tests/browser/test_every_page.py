"""Every HTML page of the installation, found through its URLs, with something real on it.

A new page is here by itself. What axe checks by default is checked, best practices and the size of targets included,
in both themes; and no page scrolls sideways on a phone or at 200 % zoom.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.services import guideline_publish
from tests.access.test_every_url import address, objects  # noqa: F401
from tests.access.urls import Door, doors
from tests.browser.axe import sideways, violations_in_both_themes
from tests.cast import Cast
from tests.make import make_demonstrate_task, make_rank_task

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Swagger draws the API's page by itself, with faults of its own (a button inside a button, headings that skip, pale
# labels); docs/api.md tells the same in plain pages. The rest is for programs, or a name without a page.
NOT_PAGES = {"api:docs", "api:schema", "api:"}
GUIDELINE = "# Guideline\n\n## Helpfulness\n\nFirst: $x^2$.\n\n## Ties\n\nFreely.\n\n| a | b |\n|---|---|\n| 1 | 2 |"
PHONE, ZOOMED = (360, 740), (720, 450)


@pytest.fixture
def things(cast: Cast, objects: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:  # noqa: F811
    """More than one row a page, so that lists look like lists."""
    monkeypatch.setattr("apps.core.health._queues", list)  # each visit would wait for workers
    guideline_publish(actor=cast.manager.user, project=cast.project, body=GUIDELINE, requires_acknowledgement=False)
    make_rank_task(cast.project, k=2, priority=9)
    done = assignment_claim(member=cast.held_out_labeler, kind="rank")
    judgment_submit(assignment=done, body={"tiers": {"A": 1, "B": 1}})
    make_rank_task(cast.project, k=4)
    make_demonstrate_task(cast.project)
    return objects


def pages_for(user: User | None, behind: list[Door], things: dict[str, Any]) -> Iterator[str]:
    """The addresses, of these doors, that answer this person with a whole HTML page."""
    client = Client()
    if user is not None:
        client.force_login(user, backend=BACKEND)
    for door in behind:
        if door.name in NOT_PAGES:
            continue
        path = address(door, things)
        answer = client.get(path)
        is_html = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and is_html and b"<html" in answer.content:
            yield path


def wrong_with(page: Page, path: str) -> list[str]:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(path)
    found = violations_in_both_themes(page)
    for size in (PHONE, ZOOMED):
        found += sideways(page, *size)
    return [f"{path} {one}" for one in found]


# The manager's pages, the most, in parts, so that no process is left with all of them at the end.
@pytest.mark.parametrize(
    ("who", "least", "part", "parts"),
    [
        ("nobody", 3, 0, 1),
        ("labeler", 9, 0, 1),
        ("held_out_labeler", 6, 0, 1),
        *(("manager", 7, n, 4) for n in range(4)),
    ],
)
def test_every_page_can_be_used_by_everybody(cast, things, open_page, who, least, part, parts):
    user = None if who == "nobody" else getattr(cast, who).user
    paths = sorted(set(pages_for(user, doors()[part::parts], things)))
    page = open_page(user, reduced_motion="reduce")
    wrong = [one for path in paths for one in wrong_with(page, path)]
    assert wrong == [], "\n".join(wrong)
    assert len(paths) >= least, paths


def test_refusals_can_be_read_too(cast, things, open_page):
    """Not found, not allowed, and what a form says of wrong fields."""
    page = open_page(cast.labeler.user)
    wrong = [one for path in ("/nothing/", "/p/clinic/members/") for one in wrong_with(page, path)]
    page = open_page()
    page.goto("/sign-in/")
    page.fill("input[name=username]", "labeler@example.org")
    page.fill("input[name=password]", "wrong")
    page.click("main button[type=submit]")
    expect(page.get_by_role("alert")).to_be_visible()
    wrong += violations_in_both_themes(page)
    assert wrong == [], "\n".join(wrong)


def test_the_demo_says_so_inside_a_landmark(cast, open_page, settings):
    settings.DEMO = True
    page = open_page(cast.labeler.user)
    assert wrong_with(page, "/p/clinic/") == []
    assert page.get_by_role("complementary", name="About this installation").is_visible()
