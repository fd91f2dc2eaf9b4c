"""An import is followed on its page without reloading it, with scripts and without."""

import io
import math
import os
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from apps.imports.models import Import
from apps.imports.readers import Row, stream_chunks
from apps.imports.services.batch import Batch, batch_store
from apps.imports.services.create import import_spool
from apps.imports.services.ending import imports_end
from apps.imports.services.lines import lines_of
from apps.imports.services.resume import import_claim
from tests.imports.test_workers import body


class Running:
    """An import whose batches come when the test wants them."""

    def __init__(self, project) -> None:
        data = body(40) + b'\n{"prompt": ""}\n'
        self._imported = import_spool(
            actor=None, project=project, chunks=stream_chunks(io.BytesIO(data)), format="jsonl", ring_above=10**9,
            filename="conversations-2026-11.jsonl",
        )  # fmt: skip
        self.token, self.size = uuid4(), len(data)
        assert import_claim(uid=self._imported.uid, token=self.token)
        self._imported.refresh_from_db()
        self.address = f"/p/clinic/imports/{self._imported.uid}/"

    def batch(self, numbers: range, read: float) -> None:
        rows = [Row(number, {"prompt": f"{number}?" if number < 41 else ""}) for number in numbers]
        batch_store(
            imported=self._imported, token=self.token, batch=Batch(rows, math.ceil(read * self.size), lines_of(rows))
        )

    def end(self) -> None:
        assert imports_end(Import.objects.filter(pk=self._imported.pk), "done")


@pytest.fixture
def running(project) -> Running:
    return Running(project)


def picture(page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"import-{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_it_moves_by_itself_and_stops_at_the_end(cast, running, open_page, width, scheme):
    page = open_page(cast.manager.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if running.address in request.url else None)
    page.goto(running.address)
    expect(page.locator(".status.running")).to_be_visible()
    running.batch(range(1, 11), 0.25)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "25")
    picture(page, f"{width}-{scheme}-running")
    running.batch(range(11, 42), 0.99)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "99")
    expect(page.get_by_text("prompt: is empty.")).to_be_visible()
    running.end()
    expect(page.locator(".status.done")).to_be_visible()
    expect(page.locator("[hx-trigger]")).to_have_count(0)
    picture(page, f"{width}-{scheme}-done")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    told = len(asked)
    page.wait_for_timeout(2500)  # longer than a poll would wait
    assert len(asked) == told
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_without_scripts_the_page_reloads_itself(cast, running, open_page):
    page = open_page(cast.manager.user, java_script_enabled=False)
    page.goto(running.address)
    running.batch(range(1, 11), 0.25)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "25")
    running.end()
    expect(page.locator(".status.done")).to_be_visible()
