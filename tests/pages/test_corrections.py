"""Corrections are offered while they can be made, and what comes too late is not lost."""

import pytest

from apps.labeling.models import Assignment, Judgment
from apps.projects.models import Project
from tests.make import make_rank_task


@pytest.fixture
def submitted(cast, labeler, claimed) -> Assignment:
    make_rank_task(cast.project, k=2)
    assignment = claimed()
    labeler.post(f"/work/{assignment.uid}/submit/", {"tier-A": "1", "tier-B": "2"})
    return assignment


@pytest.fixture
def too_late(submitted) -> Assignment:
    """The project's window, shrunk until it is over: judgments themselves are frozen."""
    Project.objects.update(correction_minutes=0)
    return submitted


def test_in_time_the_correction_is_offered(labeler, submitted):
    page = labeler.get(f"/work/{submitted.uid}/").content.decode()
    assert "You can correct it until" in page
    assert f"/work/{submitted.uid}/correct/" in page


def test_after_its_time_it_is_said_that_the_time_is_over(labeler, too_late):
    page = labeler.get(f"/work/{too_late.uid}/").content.decode()
    assert "that time is over" in page
    assert f"/work/{too_late.uid}/correct/" not in page


def test_after_its_time_the_form_does_not_open(labeler, too_late):
    answer = labeler.get(f"/work/{too_late.uid}/correct/")
    assert answer["Location"] == f"/work/{too_late.uid}/"


def test_what_was_typed_too_late_is_kept_on_the_page(labeler, too_late):
    answer = labeler.post(f"/work/{too_late.uid}/correct/", {"tier-A": "2", "tier-B": "1", "note": "kept words"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "that time is over" in page
    assert "kept words" in page
    assert 'name="tier-A" value="2" checked' in page
    assert Judgment.objects.count() == 1
