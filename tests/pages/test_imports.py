"""The page of an import: how far it is while it runs, and what was wrong as a file."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.imports.domain.progress import progress_of
from apps.imports.models import Import, ImportProblem
from apps.imports.progress_words import progress_words
from apps.projects.models import Project


@pytest.fixture
def browser(cast) -> Client:
    client = Client()
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def running(project: Project, **fields) -> Import:
    now = timezone.now()
    return Import.objects.create(
        project=project, **{
            "state": "running", "format": "jsonl", "claim_token": uuid4(), "filename": "big.jsonl", "size": 1_000_000,
            "bytes_read": 250_000, "lines": 5000, "last_line": 5000, "running_since": now - timedelta(seconds=10), "heartbeat_at": now,
        } | fields,
    )  # fmt: skip


def shown(browser: Client, imported: Import, **headers: str) -> str:
    answer = browser.get(f"/p/{imported.project.slug}/imports/{imported.uid}/", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_running_import_says_how_far_how_quick_and_how_long(browser, project):
    page = shown(browser, running(project))
    assert '<progress value="25" max="100"' in page
    assert "500 lines a second, less than a minute left" in page
    assert "up to line 5,000" in page
    assert "<dt>Lines</dt><dd>5,000</dd>" in page
    assert 'hx-trigger="every 2s"' in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


def test_the_part_that_is_polled_brings_everything_and_stops_at_the_end(browser, project):
    imported = running(project)
    part = shown(browser, imported, HX_Request="true")
    assert "<html" not in part
    assert 'hx-trigger="every 2s"' in part
    Import.objects.update(state="done", finished_at=timezone.now(), errors_total=1818)
    ImportProblem.objects.create(
        imported=imported, line=3, field="prompt", code="rule_broken", message="prompt: is empty."
    )
    part = shown(browser, imported, HX_Request="true")
    assert "hx-trigger" not in part
    assert "<progress" not in part
    assert "prompt: is empty." in part
    assert "All 1,818 as a file:" in part
    assert "http-equiv" not in shown(browser, imported)


def test_the_errors_are_a_table_or_lines(browser, project):
    imported = running(project, state="done", finished_at=timezone.now(), errors_total=2)
    for line, message in ((3, "prompt: is empty."), (9, '=HYPERLINK("x")')):
        ImportProblem.objects.create(imported=imported, line=line, field="prompt", code="rule_broken", message=message)
    page = shown(browser, imported)
    address = f"/api/v1/imports/{imported.uid}/errors/"
    assert f'href="{address}?format=csv"' in page
    assert f'href="{address}"' in page
    answer = browser.get(f"{address}?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(b"".join(answer).decode()))) == [
        ["line", "field", "code", "message"],
        ["3", "prompt", "rule_broken", "prompt: is empty."],
        ["9", "prompt", "rule_broken", '\'=HYPERLINK("x")'],
    ]
    assert b"".join(browser.get(address)).count(b"\n") == 2
    assert browser.get(f"{address}?format=xml").status_code == 422


def test_the_api_tells_the_same(browser, project):
    said = browser.get(f"/api/v1/imports/{running(project).uid}/").json()["progress"]
    assert said["share"] == 0.25
    assert said["lines_per_second"] == pytest.approx(500, rel=0.01)
    assert said["seconds_left"] == pytest.approx(30, rel=0.01)


@pytest.mark.parametrize(
    ("known", "share", "rate", "left"),
    [
        ({"size": None, "read": 10, "lines": 5, "lines_now": 5, "seconds": 1}, None, 5, None),
        ({"size": 100, "read": 0, "lines": 0, "lines_now": 0, "seconds": 0}, None, None, None),
        ({"size": 100, "read": 50, "lines": 10, "lines_now": 2, "seconds": 1}, 0.5, 2, 5),  # it took over in the middle
        ({"size": 100, "read": 100, "lines": 10, "lines_now": 10, "seconds": 5}, 1, 2, 0),
        ({"size": 100, "read": 120, "lines": 10, "lines_now": 10, "seconds": None}, 1, None, None),
    ],
)
def test_what_can_be_known(known, share, rate, left):
    progress = progress_of(**known)
    assert (progress.share, progress.lines_per_second, progress.seconds_left) == (share, rate, left)


@pytest.mark.parametrize(("read", "words"), [(250, "about 5 minutes left"), (10, "about 3 hours left")])
def test_long_times_are_rounded(read, words):
    now = timezone.now()
    imported = Import(
        size=1000, bytes_read=read, lines=100, running_since=now - timedelta(seconds=100), heartbeat_at=now
    )
    assert progress_words(imported)["left"] == words
