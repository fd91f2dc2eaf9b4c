"""Lines that are fully in are known by their text."""

import io
import json

import pytest

from apps.imports.models import Import, KnownLine
from apps.imports.readers import stream_chunks
from apps.imports.services import batch
from apps.imports.services.create import import_here
from apps.labeling.models import Judgment, Task
from apps.prompts.models import Prompt
from tests.imports.test_workers import body


def bring(project, data: bytes, *, from_disk: bool = False, **fields) -> Import:
    chunks = stream_chunks(io.BytesIO(data))
    return import_here(
        actor=None,
        project=project,
        chunks=chunks,
        from_disk=from_disk,
        **{"format": "jsonl", "size": len(data)} | fields,
    )


@pytest.fixture
def opened(monkeypatch) -> list[int]:
    """The numbers of lines that were looked at."""
    numbers: list[int] = []
    whole = batch.lines_of
    monkeypatch.setattr("apps.imports.services.run.lines_of", lambda rows: None)  # none ahead
    monkeypatch.setattr(batch, "lines_of", lambda rows: whole([numbers.append(row.number) or row for row in rows]))
    return numbers


def test_the_same_file_again_is_not_even_looked_at(project, opened):
    bring(project, body(10))
    assert len(opened) == 10
    again = bring(project, body(10))
    assert len(opened) == 10
    assert (again.state, again.lines, again.duplicates, again.prompts, again.last_line) == ("done", 10, 10, 0, 10)
    assert (Prompt.objects.count(), Judgment.objects.count(), KnownLine.objects.count()) == (10, 10, 10)


def test_only_what_is_new_in_a_longer_file_is_looked_at(project, opened):
    bring(project, body(10))
    opened.clear()
    longer = bring(project, body(13))
    assert opened == [11, 12, 13]
    assert (longer.duplicates, longer.prompts) == (10, 3)


def test_a_line_with_an_error_is_looked_at_again(project, opened):
    bring(project, b'{"prompt": ""}\n{"prompt": "Hi?"}\nnot json\n')
    again = bring(project, b'{"prompt": ""}\n{"prompt": "Hi?"}\nnot json\n')
    assert opened == [1, 2, 3, 1, 3]
    assert (again.errors_total, again.duplicates) == (2, 1)
    assert [problem.line for problem in again.problems.order_by("line")] == [1, 3]


def test_a_conflict_stays_one(project):
    bring(project, body(1))
    for _ in range(2):
        other = bring(project, body(1, ranks=[2, 1]))
        assert [problem.code for problem in other.problems.all()] == ["ranking_conflict"]


def test_other_options_and_other_projects_know_nothing(project, cast, opened):
    bring(project, body(2), tasks="none")
    assert not Task.objects.filter(state="open").exists()
    now_with_tasks = bring(project, body(2), tasks="open")
    assert (now_with_tasks.tasks_created, now_with_tasks.duplicates) == (2, 0)
    bring(project, body(2), options={"priority": 3})
    assert opened == [1, 2] * 3


def test_a_line_twice_in_a_file_is_known_once(project):
    imported = bring(project, body(1) + b"\n" + body(1))
    assert (imported.state, imported.prompts, imported.duplicates, KnownLine.objects.count()) == ("done", 1, 1, 1)


def test_what_was_rolled_back_is_not_known(project, monkeypatch):
    monkeypatch.setattr(batch, "_count", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bring(project, body(3))
    assert not KnownLine.objects.exists()
    assert not Prompt.objects.exists()


def test_read_ahead_or_not_is_the_same(project, monkeypatch):
    """Lines read ahead, and known ones among them, in batches of three."""
    monkeypatch.setattr("apps.imports.services.run.BATCH_LINES", 3)
    bring(project, body(4), from_disk=True)
    mixed = b"\n".join([body(7), b"{}", body(9, first=7)])
    ahead = bring(project, mixed, from_disk=True)
    assert (ahead.lines, ahead.prompts, ahead.duplicates, ahead.errors_total) == (17, 12, 4, 1)
    assert Prompt.objects.count() == 16
    assert json.loads(Prompt.objects.latest("id").messages)[0]["content"] == "Question 15?"


@pytest.mark.parametrize("from_disk", [True, False])
def test_an_error_while_reading_ahead_is_ours(project, from_disk):
    def broken():
        yield body(3) + b"\n"
        raise RuntimeError("the disk came off")

    with pytest.raises(RuntimeError, match="came off"):
        import_here(actor=None, project=project, chunks=broken(), format="jsonl", from_disk=from_disk)
    assert Import.objects.get().error == "RuntimeError: the disk came off"
