"""The database itself refuses what must not be, whatever the code does."""

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from apps.datasets.models import DatasetSnapshot, SnapshotFile, SnapshotItem
from apps.prompts.models import Prompt
from tests.datasets.scene import rank, snapshot
from tests.make import make_prompt


def building(cast, purpose="training") -> DatasetSnapshot:
    return DatasetSnapshot.objects.create(project=cast.project, kind="rankings", purpose=purpose)


def insert_item(snapshot_id, judgment_id, line=1, prompt_id=None):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO datasets_snapshotitem (snapshot_id, line, judgment_id, prompt_id) VALUES (%s, %s, %s, %s)",
            [snapshot_id, line, judgment_id, prompt_id],
        )


def test_held_out_cannot_enter_training(cast):
    judgment, ours, training = rank(cast.held_out_labeler), rank(cast.labeler), building(cast)
    with pytest.raises(IntegrityError, match="item_no_held_out_in_training"):
        insert_item(training.pk, judgment.pk)
    with pytest.raises(IntegrityError, match="item_no_held_out"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(  # among others in one statement
            "INSERT INTO datasets_snapshotitem (snapshot_id, line, judgment_id) VALUES (%s, 1, %s), (%s, 2, %s)",
            [training.pk, ours.pk, training.pk, judgment.pk],
        )
    insert_item(training.pk, ours.pk)
    insert_item(building(cast, "evaluation").pk, judgment.pk)


def test_an_item_is_one_line_of_something_that_is_there(cast):
    judgment, wanted = rank(cast.labeler), building(cast)
    prompt = judgment.task.prompt
    with pytest.raises(IntegrityError, match="item_judgment_or_prompt"):
        insert_item(wanted.pk, None)
    with pytest.raises(IntegrityError, match="item_judgment_or_prompt"):
        insert_item(wanted.pk, judgment.pk, prompt_id=prompt.pk)
    with pytest.raises(IntegrityError, match="item_line_from_1"):
        insert_item(wanted.pk, judgment.pk, line=0)
    for snapshot_id, judgment_id, prompt_id in (
        (wanted.pk + 1000, judgment.pk, None), (wanted.pk, judgment.pk + 1000, None), (wanted.pk, None, prompt.pk + 1000),
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match="no such snapshot, judgment or prompt"):
            insert_item(snapshot_id, judgment_id, prompt_id=prompt_id)
    insert_item(wanted.pk, judgment.pk)
    with pytest.raises(IntegrityError, match="datasets_snapshotitem_pkey"):
        insert_item(wanted.pk, rank(cast.labeler).pk)
    with pytest.raises(IntegrityError, match="item_judgment_once"):
        insert_item(wanted.pk, judgment.pk, line=2)


def test_what_a_snapshot_holds_is_not_deleted(cast):
    lone, wanted = make_prompt(cast.project), building(cast)
    insert_item(wanted.pk, None, prompt_id=lone.pk)
    for rows in (Prompt.objects.filter(pk=lone.pk), DatasetSnapshot.objects.filter(pk=wanted.pk)):
        with pytest.raises(IntegrityError, match="is in a snapshot"), transaction.atomic():
            rows._raw_delete("default")


def test_what_was_asked_for_is_fixed(cast):
    evaluation = building(cast, "evaluation")
    for change in ({"purpose": "training"}, {"kind": "prompts"}, {"filter": {"split": ["test"]}}, {"licence": "mit"}):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            DatasetSnapshot.objects.filter(pk=evaluation.pk).update(**change)


def test_ready_needs_hash_and_rows(cast):
    wanted = building(cast)
    for values in ({"state": "ready"}, {"state": "ready", "rows": 0, "sha256": "x"}, {"state": "ready", "rows": 1}):
        with pytest.raises(IntegrityError, match="snapshot_ready_has_hash_and_rows"), transaction.atomic():
            DatasetSnapshot.objects.filter(pk=wanted.pk).update(**values)
    with pytest.raises(IntegrityError, match="snapshot_failed_says_why"), transaction.atomic():
        DatasetSnapshot.objects.filter(pk=wanted.pk).update(state="failed")


def test_ready_is_frozen(cast):
    judgment = rank(cast.labeler)
    ready = snapshot(cast)
    for change in (
        lambda: DatasetSnapshot.objects.filter(pk=ready.pk).update(rows=7),
        lambda: DatasetSnapshot.objects.filter(pk=ready.pk)._raw_delete("default"),
        lambda: SnapshotItem.objects.filter(snapshot=ready).update(judgment=None),
        lambda: SnapshotItem.objects.filter(snapshot=ready).delete(),
        lambda: SnapshotFile.objects.filter(snapshot=ready).update(sha256="x"),
        lambda: SnapshotFile.objects.filter(snapshot=ready).delete(),
        lambda: insert_item(ready.pk, rank(cast.second_labeler).pk, line=2),
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
    assert ready.items.get().judgment == judgment


def test_a_failed_one_may_be_removed(cast):
    wanted = building(cast)
    DatasetSnapshot.objects.filter(pk=wanted.pk).update(state="failed", error="x")
    wanted.delete()
    assert not DatasetSnapshot.objects.exists()
