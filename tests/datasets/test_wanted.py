"""Files of large snapshots: asked for, made by a worker, told where they are."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.datasets.models import SnapshotFile, WantedFile
from apps.datasets.services import artifacts, wanted
from apps.datasets.services.wanted import file_build, files_requeue
from tests.api.client import caller_for
from tests.datasets.scene import rank, snapshot


@pytest.fixture
def large(cast, monkeypatch):
    """A snapshot of one record, where that is many."""
    monkeypatch.setattr(wanted, "SMALL_ROWS", 0)
    rank(cast.labeler)
    return snapshot(cast)


@pytest.fixture
def researcher(cast):
    return caller_for(cast.researcher.user)


def listed(researcher, large, name="pairs.jsonl"):
    return next(one for one in researcher.get(f"snapshots/{large.uid}/files/").json() if one["name"] == name)


def test_a_file_of_a_large_snapshot_is_made_by_a_worker(
    large, researcher, monkeypatch, django_capture_on_commit_callbacks
):
    rings = []
    monkeypatch.setattr("apps.core.ring.ring", lambda name, uid: rings.append((name, uid)))
    assert listed(researcher, large)["state"] == "on_request"
    with django_capture_on_commit_callbacks(execute=True):
        answers = [researcher.get(f"snapshots/{large.uid}/files/pairs.jsonl") for _ in range(2)]
    assert [(one.status_code, one.json()["error"]["code"], one["Retry-After"]) for one in answers] == [
        (409, "file_being_made", "5")
    ] * 2
    asked = WantedFile.objects.get()
    assert rings == [("datasets.derive", asked.uid)]
    assert listed(researcher, large)["state"] == "being_made"

    assert file_build(uid=asked.uid)

    assert not WantedFile.objects.exists()
    made = listed(researcher, large)
    assert (made["state"], made["sha256"]) == ("ready", SnapshotFile.objects.get(name="pairs.jsonl").sha256)
    assert researcher.get(f"snapshots/{large.uid}/files/pairs.jsonl").status_code == 200
    assert not file_build(uid=asked.uid)


def test_what_could_not_be_made_says_so_once_and_is_tried_again(large, researcher, monkeypatch):
    address = f"snapshots/{large.uid}/files/pairs.jsonl"

    def full(path):
        path.touch()
        return open("/dev/full", "wb", buffering=0)

    researcher.get(address)
    with monkeypatch.context() as disk:
        disk.setattr(artifacts, "open_new", full)
        assert file_build(uid=WantedFile.objects.get().uid)
    assert "disk of the artifact store is full" in listed(researcher, large)["error"]
    failed = researcher.get(address)
    assert (failed.status_code, failed.json()["error"]["code"]) == (507, "file_not_made")
    assert researcher.get(address).status_code == 409
    assert file_build(uid=WantedFile.objects.get().uid)
    assert researcher.get(address).status_code == 200


def test_a_file_whose_worker_died_is_rung_for_again_and_given_up_in_the_end(large, researcher, monkeypatch):
    rings = []
    monkeypatch.setattr(wanted, "ring_again", lambda name, uids: rings.extend(uids))
    researcher.get(f"snapshots/{large.uid}/files/pairs.jsonl")
    files_requeue()
    assert rings == []
    WantedFile.objects.update(asked_at=timezone.now() - timedelta(minutes=2), attempts=4)
    files_requeue()
    assert rings == [WantedFile.objects.get().uid]
    WantedFile.objects.update(attempts=5)
    files_requeue()
    assert len(rings) == 1
    assert "Given up after 5 attempts" in listed(researcher, large)["error"]


def test_a_name_that_no_file_has_is_not_asked_for(large, researcher):
    assert researcher.get(f"snapshots/{large.uid}/files/sft.jsonl").status_code == 404
    assert not WantedFile.objects.exists()


def test_the_page_asks_and_follows(large, cast, client):
    client.force_login(cast.researcher.user)
    page = reverse("datasets:snapshot", args=["clinic", large.uid])
    before = client.get(page).content.decode()
    assert 'value="pairs.jsonl"' in before
    assert "hx-trigger" not in before
    asked = client.post(reverse("datasets:snapshot-file", args=["clinic", large.uid]), {"name": "pairs.jsonl"})
    assert (asked.status_code, asked["Location"]) == (303, page)
    during = client.get(page).content.decode()
    assert "being made" in during
    assert 'hx-trigger="every 2s"' in during
    WantedFile.objects.update(error="The disk is full.")
    assert "The disk is full." in client.get(page).content.decode()
    client.post(reverse("datasets:snapshot-file", args=["clinic", large.uid]), {"name": "pairs.jsonl"})
    assert file_build(uid=WantedFile.objects.get(error="").uid)
    assert f"/api/v1/snapshots/{large.uid}/files/pairs.jsonl" in client.get(page).content.decode()
