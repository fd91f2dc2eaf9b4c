"""A disk that fills while a file is written: said in a sentence, nothing half visible, and asking again works."""

import errno
import os

import pytest
from django.db import connection

from apps.datasets.models import SnapshotFile
from apps.datasets.services import artifacts
from apps.datasets.services.artifacts import ArtifactWriter, StoreFull, artifact_path
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from tests.api.client import caller_for
from tests.datasets.scene import rank, snapshot


@pytest.fixture
def full_disk(monkeypatch):
    """Temporary files open on a device that is always full: the kernel itself says so."""

    def full(path):
        path.touch()
        return open("/dev/full", "wb", buffering=0)

    monkeypatch.setattr(artifacts, "open_new", full)
    return monkeypatch


def files(root) -> list:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_snapshot_on_a_full_disk_fails_in_a_sentence_and_leaves_nothing(cast, full_disk, artifact_root):
    rank(cast.labeler)
    wanted = snapshot_create(actor=cast.manager.user, project=cast.project, kind="rankings", purpose="training")
    assert snapshot_build(uid=wanted.uid)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.rows, wanted.sha256) == ("failed", None, "")
    assert wanted.error.startswith("The disk of the artifact store is full")
    assert "ask again" in wanted.error
    assert wanted.finished_at is not None
    assert not wanted.items.exists()
    assert not SnapshotFile.objects.exists()
    assert files(artifact_root) == []

    full_disk.undo()
    assert snapshot(cast).state == "ready"


@pytest.mark.parametrize("name", ["pairs.jsonl", "rankings.parquet", "README.md"])
def test_a_derived_file_on_a_full_disk_is_a_507_and_made_later(cast, full_disk, artifact_root, name):
    rank(cast.labeler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artifacts, "open_new", lambda path: path.open("wb", buffering=0))
        ready = snapshot(cast)
    before = files(artifact_root)
    caller = caller_for(cast.researcher.user)
    answer = caller.get(f"snapshots/{ready.uid}/files/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "store_full")
    assert files(artifact_root) == before
    assert ready.files.count() == 1

    full_disk.undo()
    assert caller.get(f"snapshots/{ready.uid}/files/{name}").status_code == 200


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_disk_that_fills_at_the_last_moment(monkeypatch, artifact_root, call):
    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (type(artifact_root), "rename")), full)
    with pytest.raises(StoreFull, match="after 3 bytes"), ArtifactWriter("x") as file:
        file.write(b"abc")
    assert files(artifact_root) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOTDIR])
def test_a_store_that_cannot_be_written_to_is_said_without_its_path(cast, monkeypatch, artifact_root, number):
    def closed(path):
        raise OSError(number, os.strerror(number), str(path))

    rank(cast.labeler)
    ready = snapshot(cast)
    monkeypatch.setattr(artifacts, "open_new", closed)
    answer = caller_for(cast.researcher.user).get(f"snapshots/{ready.uid}/files/pairs.jsonl")
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "store_closed")
    assert os.strerror(number) in answer.json()["error"]["message"]
    wanted = snapshot_create(actor=cast.manager.user, project=cast.project, kind="rankings", purpose="training")
    assert snapshot_build(uid=wanted.uid)
    wanted.refresh_from_db()
    assert wanted.state == "failed"
    assert wanted.error.startswith("The server cannot write to its artifact store")
    assert str(artifact_root) not in wanted.error


def test_another_trouble_keeps_its_own_name(monkeypatch, artifact_root):
    def broken(_descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output error"), ArtifactWriter("x") as file:
        file.write(b"abc")
    assert files(artifact_root) == []


def test_a_long_file_is_written_whole(artifact_root):
    parts = [os.urandom(700_000) for _ in range(5)]
    with ArtifactWriter("x") as file:
        for part in parts:
            file.write(part)
    assert artifact_path(file.sha256).read_bytes() == b"".join(parts)
    assert file.size == 3_500_000


def test_a_full_disk_of_the_database_is_said_too(cast, monkeypatch, artifact_root):
    rank(cast.labeler)
    wanted = snapshot_create(actor=cast.manager.user, project=cast.project, kind="rankings", purpose="training")
    raising = "COPY (SELECT pg_temp.full()) TO STDOUT"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.full() RETURNS int LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
    monkeypatch.setattr("apps.datasets.services.reading.lines_copy", lambda _kind: raising)
    assert snapshot_build(uid=wanted.uid)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.error.split(",")[0]) == ("failed", "The disk of the database is full")
    assert files(artifact_root) == []
