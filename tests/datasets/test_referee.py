"""The database itself refuses what must not be, whatever the code does."""

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from apps.datasets.models import DatasetSnapshot, SnapshotFile, SnapshotItem
from tests.datasets.scene import rank, snapshot


def building(cast, purpose="training") -> DatasetSnapshot:
    return DatasetSnapshot.objects.create(project=cast.project, kind="rankings", purpose=purpose)


def insert_item(snapshot_id, purpose, judgment_id, cohort):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO datasets_snapshotitem (snapshot_id, purpose, judgment_id, cohort) VALUES (%s, %s, %s, %s)",
            [snapshot_id, purpose, judgment_id, cohort],
        )


def test_held_out_cannot_enter_training_by_any_wording(cast):
    judgment, training = rank(cast.held_out_labeler), building(cast)
    with pytest.raises(IntegrityError, match="item_no_held_out_in_training"):
        insert_item(training.pk, "training", judgment.pk, "held-out")
    with pytest.raises(IntegrityError, match="item_cohort_of_judgment"):
        insert_item(training.pk, "training", judgment.pk, "training")
    with pytest.raises(IntegrityError, match="item_purpose_of_snapshot"):
        insert_item(training.pk, "evaluation", judgment.pk, "held-out")
    with pytest.raises(IntegrityError, match="item_judgment_or_prompt"):
        insert_item(training.pk, "training", judgment.pk, None)
    insert_item(building(cast, "evaluation").pk, "evaluation", judgment.pk, "held-out")


def test_the_purpose_of_a_snapshot_with_items_is_fixed(cast):
    judgment, evaluation = rank(cast.held_out_labeler), building(cast, "evaluation")
    insert_item(evaluation.pk, "evaluation", judgment.pk, "held-out")
    with pytest.raises(IntegrityError, match="item_purpose_of_snapshot"), transaction.atomic():
        DatasetSnapshot.objects.filter(pk=evaluation.pk).update(purpose="training")


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
        lambda: SnapshotItem.objects.filter(snapshot=ready).update(purpose="evaluation"),
        lambda: SnapshotItem.objects.filter(snapshot=ready).delete(),
        lambda: SnapshotFile.objects.filter(snapshot=ready).update(sha256="x"),
        lambda: SnapshotFile.objects.filter(snapshot=ready).delete(),
        lambda: insert_item(ready.pk, "training", rank(cast.second_labeler).pk, "training"),
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
    assert ready.items.get().judgment == judgment


def test_a_failed_one_may_be_removed(cast):
    wanted = building(cast)
    DatasetSnapshot.objects.filter(pk=wanted.pk).update(state="failed", error="x")
    wanted.delete()
    assert not DatasetSnapshot.objects.exists()
