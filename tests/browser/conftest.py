"""A real Chromium against a live server.

Playwright's sync API keeps an event loop running in the test's thread, which Django takes for async code.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from apps.accounts.models import User
from apps.labeling.services.claim import assignment_claim
from launcher.browser import HOW_TO_GET_ONE, find_chromium

from .comparing import ladder  # noqa: F401
from .rooms import Rooms

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PATIENCE = 60_000  # milliseconds: other processes of a parallel run are at work too
expect.set_options(timeout=PATIENCE)

# Playwright's own list, which Chromium forgets where it is given another, and two pages behind the address field: each
# window loads them, nobody sees them without a screen, and they take most of what a new context costs.
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
)  # fmt: skip
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", f"--disable-features={','.join(OFF)}",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = find_chromium()
    if found is None:
        pytest.fail(HOW_TO_GET_ONE, pytrace=False)
    return {**browser_type_launch_args, "executable_path": found, "args": FLAGS}


@pytest.fixture(autouse=True)
def rows_that_the_server_sees(transactional_db: None) -> None:
    """The live server runs in another thread, so rows must be committed."""


@pytest.fixture(scope="session")
def rooms(browser: Browser) -> Iterator[Rooms]:
    rooms = Rooms(browser)
    yield rooms
    rooms.close()


@pytest.fixture
def open_page(rooms: Rooms, live_server: Any) -> Iterator[Callable[..., Page]]:
    """A page in a browser context that nobody else uses, signed in. Its size and media are its own, other options the context's."""
    contexts: list[BrowserContext] = []

    def opened(
        user: User | None = None, *, viewport: Any = None, color_scheme: Any = None, reduced_motion: Any = None,
        **options: Any,
    ) -> Page:  # fmt: skip
        context = rooms.take(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        if viewport is not None:
            page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        if user is not None:
            context.add_cookies([session_of(user, live_server.url)])
        return page

    yield opened
    for context in contexts:
        rooms.give_back(context, live_server.url)
    rooms.test_ended()
    let_requests_end()


def let_requests_end() -> None:
    """A last draft or heartbeat may still be on its way: emptying the tables under it would deadlock."""
    quiet, deadline = 0, time.monotonic() + 10
    while quiet < 4 and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            quiet = quiet + 1 if cursor.fetchone()[0] == 0 else 0
        time.sleep(0.05)


def session_of(user: User, url: str) -> dict[str, str]:
    """The cookie of someone signed in: the sign-in page has a test of its own, the others need not wait for it."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.fixture
def start(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """A page that shows the next task of a kind: pressing the button that takes it up has tests of its own."""

    def started(member: Any, kind: str = "rank", **options: Any) -> Page:
        assignment = assignment_claim(member=member, kind=kind)
        page = open_page(member.user, **options)
        page.goto(reverse("labeling:assignment", args=[assignment.uid]))
        if options.get("java_script_enabled", True):
            expect(page.locator("[data-sheet-open]")).to_be_visible()  # the scripts are there
        return page

    return started
