"""Counters that differ from their rows are told, and mended only when asked."""

import logging
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from apps.audit.models import AuditEntry
from apps.imports.models import Import
from apps.labeling.models import OverlapStratum, Task
from apps.labeling.services.check import counter_differences, counters_mend
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.labeling.services.leases import assignment_release, assignment_skip
from apps.labeling.services.reserve import task_reserve
from apps.operations.tasks import check_counters
from tests.cast import Cast
from tests.make import make_rank_task


@pytest.fixture
def busy(cast: Cast) -> Task:
    """One task of each fate; the one that was judged is returned."""
    tasks = [make_rank_task(cast.project, k=2, required=2) for _ in range(5)]
    for end in (assignment_skip, assignment_release):
        end(assignment=assignment_claim(member=cast.second_labeler, kind="rank"))
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
    assignment.refresh_from_db()
    judgment_correct(assignment=assignment, body={"tiers": {"A": 1, "B": 1}})
    held = assignment_claim(member=cast.labeler, kind="rank")
    assert task_reserve(member=cast.labeler, kind="rank", beside=held)
    make_rank_task(cast.project, k=2, required=None)
    return next(task for task in tasks if task.pk == assignment.task_id)


def run(*words: str) -> tuple[int, str]:
    said, code = StringIO(), 0
    try:
        call_command("check_counters", *words, stdout=said)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, said.getvalue()


def break_both(cast: Cast, task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(open_slots=0)
    type(cast.labeler).objects.filter(pk=cast.labeler.pk).update(judgments=7)


def test_after_every_kind_of_end_nothing_differs(busy):
    assert counter_differences() == []
    assert run() == (0, "Every counter says what its rows do.\n")
    assert not AuditEntry.objects.filter(verb__startswith="counter").exists()


def test_what_differs_is_told_and_left_as_it_is(cast, busy, caplog):
    break_both(cast, busy)
    with caplog.at_level(logging.ERROR):
        code, said = run()
    assert code == 1
    assert f"open_slots of rank task {busy.uid} in clinic: 0, its rows say 1" in said
    assert "judgments of" in said
    assert ": 7, its rows say 1" in said
    assert "A counter differs from its rows: open_slots" in caplog.text
    busy.refresh_from_db()
    assert busy.open_slots == 0


def test_mending_sets_it_right_and_is_audited(cast, busy):
    break_both(cast, busy)
    code, said = run("--mend")
    assert (code, said.splitlines()[-1]) == (0, "2 of 2 mended.")
    assert counter_differences() == []
    entries = AuditEntry.objects.filter(verb="counter.mended").order_by("id")
    assert [entry.data for entry in entries] == [
        {"counter": "open_slots", "was": 0, "now": 1}, {"counter": "judgments", "was": 7, "now": 1},
    ]  # fmt: skip
    assert run() == (0, "Every counter says what its rows do.\n")


def test_strata_keep_their_numbers(cast):
    OverlapStratum.objects.create(project=cast.project, stratum="chat", tasks=3)
    assert [str(one) for one in counter_differences()] == ["numbered tasks of chat: 3 in clinic: 3, its rows say 0"]
    assert counters_mend() == []
    code, said = run("--mend")
    assert code == 1
    assert "mended" not in said


def test_an_import_says_as_many_errors_as_its_list(cast):
    imported = Import.objects.create(project=cast.project, format="jsonl", errors_total=2)
    imported.problems.create(line=4, code="x", message="no")
    assert run()[1] == f"errors_total of import {imported.uid} (receiving) in clinic: 2, its list has 1\n"


def test_operators_see_it_until_it_is_mended(cast, busy, client: Client):
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    address = "/p/clinic/operations/"
    check_counters()
    assert "check_counters" not in client.get(address).content.decode()
    break_both(cast, busy)
    check_counters()
    page = client.get(address).content.decode()
    assert "manage.py check_counters --mend" in page
    assert f"open_slots of rank task {busy.uid}" in page
    run("--mend")
    assert "check_counters" not in client.get(address).content.decode()
