"""Imports that are killed, overtaken, or meet each other."""

import io
import json
import secrets
import threading
from datetime import timedelta
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.utils import timezone

from apps.core.domain.errors import Conflict
from apps.imports.models import Import
from apps.imports.readers import stream_chunks
from apps.imports.services import batch, create
from apps.imports.services.create import import_here, import_spool
from apps.imports.services.ending import imports_end, stored_path
from apps.imports.services.resume import STALE, STALE_UPLOAD, import_claim, import_take, imports_requeue
from apps.labeling.models import Judgment, Task
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt

STALE_BEAT = STALE + timedelta(seconds=1)


def body(count: int, first: int = 0, ranks: list[int] | None = None) -> bytes:
    lines = [
        {
            "prompt": f"Question {number}?",
            "completions": [{"model": "a", "text": f"{number} yes"}, {"model": "b", "text": "no"}],
            "rankings": [{"labeler": "ann", "ranks": ranks or [1, 2]}],
        }
        for number in range(first, first + count)
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def here(project: Project, data: bytes) -> Import:
    return import_here(actor=None, project=project, chunks=stream_chunks(io.BytesIO(data)), format="jsonl")


def spooled(project: Project, data: bytes) -> Import:
    return import_spool(actor=None, project=project, chunks=stream_chunks(io.BytesIO(data)), format="jsonl")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("apps.imports.services.run.BATCH_LINES", 5)


def test_a_killed_workers_import_goes_on_where_it_was(project, small_batches, monkeypatch):
    imported = spooled(project, body(20))
    whole = batch._store

    def killed_in_the_third_batch(imported, *rest):
        known = whole(imported, *rest)
        if Prompt.objects.count() > 10:
            raise KeyboardInterrupt
        return known

    monkeypatch.setattr(batch, "_store", killed_in_the_third_batch)
    with pytest.raises(KeyboardInterrupt):
        import_take(uid=imported.uid)
    monkeypatch.setattr(batch, "_store", whole)
    imported.refresh_from_db()
    assert (imported.state, imported.last_line, imported.prompts, Prompt.objects.count()) == ("running", 10, 10, 10)
    assert not import_take(uid=imported.uid)  # its heartbeat is fresh: it may be alive

    Import.objects.update(heartbeat_at=timezone.now() - STALE_BEAT)
    rings = []
    monkeypatch.setattr("apps.imports.services.resume.ring", lambda name, uid: rings.append(uid))
    assert imports_requeue() == 1
    assert rings == [imported.uid]
    assert import_take(uid=imported.uid)

    imported.refresh_from_db()
    assert (imported.state, imported.lines, imported.prompts, imported.duplicates) == ("done", 20, 20, 0)
    assert not stored_path(imported).exists()


def test_a_worker_that_was_taken_over_writes_nothing_more(project, small_batches):
    imported = spooled(project, body(5))
    slow, quick = uuid4(), uuid4()
    assert import_claim(uid=imported.uid, token=slow)
    Import.objects.update(heartbeat_at=timezone.now() - STALE_BEAT)
    assert import_claim(uid=imported.uid, token=quick)
    rows = [batch.Row(1, {"prompt": "Hi?"})]

    with pytest.raises(batch.ClaimLost):
        batch.batch_store(imported=imported, token=slow, batch=batch.Batch(rows))

    assert not Prompt.objects.exists()
    batch.batch_store(imported=imported, token=quick, batch=batch.Batch(rows))
    assert Prompt.objects.count() == 1


def test_a_file_that_kills_every_worker_is_given_up(project):
    imported = spooled(project, body(1))
    for _ in range(5):
        assert import_claim(uid=imported.uid, token=uuid4())
        Import.objects.update(heartbeat_at=timezone.now() - STALE_BEAT)
    assert imports_requeue() == 0
    imported.refresh_from_db()
    assert imported.state == "failed"
    assert "5 attempts" in imported.error
    assert not stored_path(imported).exists()


def test_attempts_that_got_on_do_not_count(project, small_batches):
    imported = spooled(project, body(40))
    for number in range(1, 7):
        token = uuid4()
        assert import_claim(uid=imported.uid, token=token)
        batch.batch_store(
            imported=imported, token=token, batch=batch.Batch([batch.Row(number, {"prompt": f"{number}?"})])
        )
        Import.objects.update(heartbeat_at=timezone.now() - STALE_BEAT)
    assert imports_requeue() == 1
    imported.refresh_from_db()
    assert imported.state == "running"


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("lines", [0, 900], ids=["from the start", "again to its last line"])
def test_a_long_way_to_the_first_row_is_a_sign_of_life(project, monkeypatch, kind, lines):
    """No batch is stored on it: only reading can say that the worker lives."""
    records = [{"prompt": f"Question {number}?", "n": secrets.token_hex(500)} for number in range(1000)]
    data = {"jsonl": as_jsonl, "csv": as_csv, "parquet": as_parquet}[kind](records)
    imported = import_spool(
        actor=None, project=project, chunks=stream_chunks(io.BytesIO(data)), format=kind, ring_above=10**9
    )
    Import.objects.update(last_line=lines)
    beats = []

    def record(beating):
        moved = beating._mine.update(heartbeat_at=timezone.now())
        beats.append((moved, Import.objects.get().lines))

    monkeypatch.setattr("apps.imports.services.pulse.Pulse.__call__", record)
    assert import_take(uid=imported.uid)
    expected = 2 + (lines // 200 if kind == "parquet" else 0)
    assert beats.count((1, 0)) >= expected
    assert Import.objects.get().state == "done"


def as_jsonl(records: list[dict]) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def as_csv(records: list[dict]) -> bytes:
    return "\n".join(["prompt,n", *(f"{record['prompt']},{record['n']}" for record in records)]).encode()


def as_parquet(records: list[dict]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


def test_what_has_arrived_of_a_quiet_upload_is_deleted(project):
    imported = Import.objects.create(
        project=project, format="jsonl", heartbeat_at=timezone.now() - STALE_UPLOAD - timedelta(seconds=1)
    )
    stored_path(imported).parent.mkdir(parents=True, exist_ok=True)
    stored_path(imported).write_bytes(body(1))
    imports_requeue()
    imported.refresh_from_db()
    assert imported.state == "partial"
    assert not stored_path(imported).exists()


def slowly(pause, data: bytes, size: int = 100):
    """The upload in pieces, with `pause` between them."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
        pause()


def quiet_and_settled():
    """The upload rests for so long that it is settled as one that nobody sends any more."""
    Import.objects.filter(finished_at=None).update(heartbeat_at=timezone.now() - STALE_UPLOAD - timedelta(seconds=1))
    imports_requeue()


@pytest.mark.parametrize("road", [import_here, import_spool])
@pytest.mark.parametrize("beat", [0, 3600], ids=["found at a beat", "found at the end"])
def test_an_upload_that_was_given_up_is_told_so_when_it_goes_on(project, monkeypatch, road, beat):
    monkeypatch.setattr("apps.imports.services.pulse.BEAT_SECONDS", beat)
    with pytest.raises(Conflict, match="send the file again") as caught:
        road(actor=None, project=project, chunks=slowly(quiet_and_settled, body(3)), format="jsonl")
    assert caught.value.code == "upload_given_up"
    imported = Import.objects.get()
    assert (imported.state, imported.error) == ("partial", "The upload ended before the file did.")
    assert not stored_path(imported).exists()


@pytest.mark.parametrize("road", [import_here, import_spool])
def test_a_slow_upload_is_no_quiet_one(project, monkeypatch, road):
    monkeypatch.setattr("apps.imports.services.pulse.BEAT_SECONDS", 0)
    long_ago = timezone.now() - STALE_UPLOAD - timedelta(seconds=1)
    found = []

    def pause():
        found.append(Import.objects.get().heartbeat_at > long_ago)
        imports_requeue()
        Import.objects.update(heartbeat_at=long_ago)

    imported = road(actor=None, project=project, chunks=slowly(pause, body(3)), format="jsonl")
    assert len(found) > 3
    assert all(found)
    assert imported.state in ("done", "queued")


def test_an_import_ends_once_and_its_claim_with_it(project, small_batches):
    imported = spooled(project, body(1))
    token = uuid4()
    assert import_claim(uid=imported.uid, token=token)
    mine = Import.objects.filter(pk=imported.pk)

    assert imports_end(mine, "partial", "Cut\x00 off.", broken_at=3) == 1
    assert imports_end(mine, "done") == 0

    imported.refresh_from_db()
    assert (imported.state, imported.error, imported.errors_total) == ("partial", "Cut\\x00 off.", 1)
    assert imported.problems.get().line == 3
    assert imported.claim_token != token
    assert not stored_path(imported).exists()


def test_an_upload_whose_web_process_died_is_partial(project):
    Import.objects.create(
        project=project,
        state="running",
        format="jsonl",
        claim_token=uuid4(),
        heartbeat_at=timezone.now() - timedelta(hours=1),
    )
    imports_requeue()
    assert Import.objects.get().state == "partial"


def test_a_lost_file_is_said(project):
    imported = spooled(project, body(1))
    stored_path(imported).unlink()
    import_take(uid=imported.uid)
    imported.refresh_from_db()
    assert (imported.state, imported.error) == ("failed", "The stored file is gone.")


def test_an_unexpected_error_is_kept_on_the_row(project, monkeypatch):
    monkeypatch.setattr(batch, "board_store", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        here(project, body(1))
    assert Import.objects.get().state == "failed"
    assert Import.objects.get().error == "ZeroDivisionError: division by zero"


def test_a_full_disk_while_the_file_is_laid_down(project, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    whole = create._lay_down

    def full_when_it_is_written(path, chunks):
        whole(path, chunks)
        full()

    monkeypatch.setattr(create, "_lay_down", full_when_it_is_written)
    with pytest.raises(create.NoRoom, match="disk is full") as refused:
        spooled(project, body(1))
    assert refused.value.status == 507
    imported = Import.objects.get()
    assert (imported.state, imported.error) == (
        "failed",
        "The server's disk is full. Tell whoever runs it, then send the file again.",
    )
    assert not stored_path(imported).exists()


def no_room(*_args):
    raise OSError(28, "No space left on device")


def test_a_full_disk_while_a_table_is_unpacked(project, monkeypatch):
    """Parquet is read from a file of its own."""
    monkeypatch.setattr("apps.imports.readers.parquet.tempfile.TemporaryFile", no_room)
    imported = import_here(
        actor=None, project=project, chunks=iter([as_parquet([{"prompt": "Hi?"}])]), format="parquet", from_disk=True
    )
    assert (imported.state, "disk is full" in imported.error) == ("failed", True)


def test_a_full_disk_while_an_upload_arrives(project, monkeypatch):
    monkeypatch.setattr("apps.imports.readers.chunks.tempfile.TemporaryFile", no_room)
    with pytest.raises(create.NoRoom, match="disk is full"):
        here(project, body(1))
    assert Import.objects.get().state == "failed"
    assert not Prompt.objects.exists()


def together(*jobs) -> list[BaseException]:
    """Run the jobs in threads that start at once; what they raised."""
    start, raised = threading.Barrier(len(jobs)), []

    def work(job):
        try:
            start.wait(timeout=60)
            job()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return raised


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_several_senders_at_once(project, small_batches):
    assert together(*[lambda: here(project, body(60))] * 3) == []

    assert list(Import.objects.values_list("state", flat=True)) == ["done"] * 3
    assert (Prompt.objects.count(), Completion.objects.count(), Task.objects.count(), Judgment.objects.count()) == (60, 120, 60, 60)  # fmt: skip
    added = list(Import.objects.values_list("prompts", "duplicates"))
    assert sum(prompts for prompts, _ in added) == 60
    assert sum(duplicates for _, duplicates in added) == 120


@pytest.mark.django_db(transaction=True)
def test_files_that_cross_and_disagree(project, small_batches):
    """The same prompts in opposite order, with other ranks: each ranking is kept once, the other is a conflict."""
    backwards = b"\n".join(reversed(body(30, ranks=[2, 1]).splitlines()))
    assert together(lambda: here(project, body(30)), lambda: here(project, backwards)) == []

    assert list(Import.objects.values_list("state", flat=True)) == ["done", "done"]
    assert (Prompt.objects.count(), Judgment.objects.count()) == (30, 30)
    assert sum(Import.objects.values_list("rankings", flat=True)) == 30
    assert sum(Import.objects.values_list("errors_total", flat=True)) == 30
