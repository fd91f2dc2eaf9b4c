"""Building snapshots: what is in them, that they are equal, and what happens when a build goes wrong."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken
from apps.datasets.models import DatasetSnapshot, SnapshotFile, SnapshotItem
from apps.datasets.services import build
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.build import STALE, snapshot_build, snapshot_claim, snapshots_requeue
from apps.datasets.services.create import snapshot_create
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.projects.services import external_labeler_named
from apps.prompts.models import Completion
from apps.registry.models import ModelVersion
from tests.datasets.scene import (
    correct,
    demonstrate,
    import_rankings,
    publish_guideline,
    rank,
    records,
    snapshot,
    uids,
)
from tests.make import make_completions, make_prompt, make_rank_task


def asked(cast, kind="rankings", purpose="training", **filter) -> DatasetSnapshot:
    return snapshot_create(actor=cast.manager.user, project=cast.project, kind=kind, purpose=purpose, filter=filter)


def test_a_members_ranking(cast):
    publish_guideline(cast)
    judgment = rank(
        cast.labeler, ratings={"A": {"overall": 6, "flags": {"hallucination": "no"}}}, prompt_flags={"ambiguous": "yes"},
        use_case="chat", note="Hm.", rendering="raw",
    )  # fmt: skip
    (record,) = records(snapshot(cast))

    order = judgment.assignment.display_order
    assert record["uid"] == str(judgment.uid)
    assert record["shown_order"] == order
    assert record["tiers"] == [1 if position == order[0] else 2 for position in range(3)]
    assert record["ratings"][order[0]] == {"overall": 6, "flags": {"hallucination": "no"}}
    assert record["labeler"] == {"pseudonym": cast.labeler.pseudonym, "kind": "member", "cohort": "training"}
    assert record["guideline"] == {"track": "collection", "number": 1}
    assert (record["schema"], record["imported"], record["rendering"], record["note"]) == (1, False, "raw", "Hm.")
    assert (record["prompt_flags"], record["judged_use_case"]) == ({"ambiguous": "yes"}, "chat")
    assert [one["text"] for one in record["completions"]] == ["Answer 0", "Answer 1", "Answer 2"]
    assert record["submitted_at"].endswith("Z")
    assert "example.org" not in str(record)


def test_an_imported_ranking_says_so(cast):
    import_rankings(cast, "person")
    (record,) = records(snapshot(cast))
    assert (record["imported"], record["guideline"], record["schema"], record["shown_order"], record["rendering"]) == (
        True, None, None, None, None,
    )  # fmt: skip
    assert (record["external_ids"], record["source"]) == (["line-person"], {"kind": "person"})
    assert [(one["external_id"], one["model"]) for one in record["completions"]] == [("1", "a"), ("2", None)]
    assert record["tiers"] == [2, 1]


def test_demonstrations_and_prompts(cast):
    demonstrate(cast.labeler, "Hello there.")
    rank(cast.labeler)
    (demonstration,) = records(snapshot(cast, "demonstrations"))
    assert (demonstration["text"], demonstration["labeler"]["kind"]) == ("Hello there.", "member")
    prompts = records(snapshot(cast, "prompts"))
    assert sorted(len(prompt["completions"]) for prompt in prompts) == [0, 3]
    assert sorted(len(prompt["candidate_sets"]) for prompt in prompts) == [0, 1]


def test_held_out_labelers_enter_evaluation_only(cast):
    ours, theirs = rank(cast.labeler), rank(cast.held_out_labeler)
    assert uids(snapshot(cast)) == {str(ours.uid)}
    assert uids(snapshot(cast, purpose="evaluation")) == {str(ours.uid), str(theirs.uid)}
    assert uids(snapshot(cast, purpose="evaluation", cohort="held-out")) == {str(theirs.uid)}


def test_simulated_labelers_enter_training_in_the_demo_only(cast):
    import_rankings(cast, "person", "simulated")
    assert len(records(snapshot(cast))) == 1
    assert len(records(snapshot(cast, purpose="evaluation"))) == 2
    cast.project.allows_simulated_training = True
    cast.project.save()
    assert len(records(snapshot(cast))) == 2


def test_corrections(cast):
    first = rank(cast.labeler)
    last = correct(first)
    (record,) = records(snapshot(cast))
    assert (record["uid"], record["supersedes"]) == (str(last.uid), str(first.uid))
    assert uids(snapshot(cast, include_superseded=True)) == {str(first.uid), str(last.uid)}


def test_filters(cast):
    ours, other = rank(cast.labeler), rank(cast.second_labeler)
    import_rankings(cast, "pool")
    every = {str(ours.uid), str(other.uid)}
    assert uids(snapshot(cast, imported=False)) == every
    assert uids(snapshot(cast, labeler=cast.labeler.pseudonym)) == {str(ours.uid)}
    assert len(uids(snapshot(cast, labeler=[cast.labeler.pseudonym, "the pool"]))) == 2
    assert every <= uids(snapshot(cast, **{"from": "2000-01-01"}))
    assert every <= uids(snapshot(cast, split="train"))


def test_a_limit_takes_the_prompts_that_models_answered_least(cast):
    prompts = [make_prompt(cast.project) for _ in range(4)]
    writer = ModelVersion.objects.create(project=cast.project, name="writer", role="sft")
    for prompt, answers in zip(prompts, (2, 1, 0, 0), strict=True):
        for number in range(answers):
            Completion.objects.create(
                prompt=prompt,
                origin="model",
                model_version=writer,
                body=str(number),
                body_sha256=sha256_hex(str(number)),
            )
    make_completions(prompts[2], ["imported", "so not counted"])

    assert uids(snapshot(cast, kind="prompts", limit=2)) == {str(prompt.uid) for prompt in prompts[2:]}


def test_limited_snapshots_take_prompts_by_turns(cast):
    """Also those that no model ever answers."""
    every = {str(make_prompt(cast.project).uid) for _ in range(5)}
    snapshot(cast, kind="prompts")  # one without a limit takes nobody's turn
    first, second, third = (uids(snapshot(cast, kind="prompts", limit=2)) for _ in range(3))

    assert len(first | second) == 4
    assert every - first - second < third
    assert len(uids(snapshot(cast, kind="prompts", limit=99))) == 5


@pytest.mark.parametrize(("purpose", "counts"), [("gold", 1), ("evaluation", 1), ("adjudication", 2)])
def test_what_measures_people_or_models_is_not_data(cast, purpose, counts):
    rank(cast.labeler)
    task = make_rank_task(cast.project, k=2, purpose=purpose)
    somebody = external_labeler_named(project=cast.project, pseudonym="somebody")
    judgments_insert(
        judgments=[ImportedJudgment(task_id=task.pk, external_labeler_id=somebody.pk, cohort="training", tiers=[1, 2])]
    )
    assert len(records(snapshot(cast))) == counts


def test_nothing_to_export_says_why(cast):
    rank(cast.held_out_labeler)
    import_rankings(cast, "simulated")
    with pytest.raises(RuleBroken) as caught:
        asked(cast)
    assert caught.value.code == "nothing_to_export"
    assert "of 2 rankings, 1 are by held-out labelers" in caught.value.message
    assert "1 are by simulated labelers" in caught.value.message
    with pytest.raises(RuleBroken, match="no demonstrations yet"):
        asked(cast, "demonstrations")
    assert not DatasetSnapshot.objects.exists()


def test_equal_whatever_the_chunk_and_the_physical_order(cast):
    for _ in range(3):
        rank(cast.labeler)
    import_rankings(cast, "person", "pool")
    first = snapshot(cast)
    with connection.cursor() as cursor:  # move rows about in the heap
        cursor.execute("UPDATE prompts_prompt SET use_case = use_case WHERE id IN (SELECT min(id) FROM prompts_prompt)")
        cursor.execute("UPDATE labeling_task SET priority = priority WHERE id % 2 = 0")
    second = asked(cast)
    assert snapshot_build(uid=second.uid, part=1)
    second.refresh_from_db()

    assert (second.sha256, second.rows) == (first.sha256, 5)
    assert [record["uid"] for record in records(first)] == sorted(uids(first))
    assert sha256_hex(artifact_path(first.sha256).read_bytes()) == first.sha256
    assert SnapshotFile.objects.get(snapshot=first).size == artifact_path(first.sha256).stat().st_size


def test_a_second_delivery_does_nothing(cast):
    rank(cast.labeler)
    ready = snapshot(cast)
    assert not snapshot_build(uid=ready.uid)
    assert SnapshotItem.objects.filter(snapshot=ready).count() == 1


def test_a_killed_build_is_built_by_the_next_worker(cast, monkeypatch, artifact_root):
    rank(cast.labeler)
    wanted = asked(cast)

    def killed(*_args, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "snapshot_parts", killed)
        with pytest.raises(KeyboardInterrupt):
            snapshot_build(uid=wanted.uid)
    (artifact_root / "tmp" / f"{wanted.uid}.999").write_text("what a killed process left")
    assert not snapshot_build(uid=wanted.uid)  # its heartbeat is fresh
    assert snapshots_requeue() == 0

    DatasetSnapshot.objects.update(heartbeat_at=timezone.now() - STALE - timedelta(seconds=1))
    rings = []
    monkeypatch.setattr(build, "ring", lambda name, uid: rings.append((name, uid)))
    assert snapshots_requeue() == 1
    assert rings == [("datasets.build", wanted.uid)]
    assert snapshot_build(uid=wanted.uid)

    wanted.refresh_from_db()
    assert (wanted.state, wanted.attempts, wanted.items.count()) == ("ready", 2, 1)
    assert list((artifact_root / "tmp").iterdir()) == []


def test_a_snapshot_that_kills_every_worker_is_given_up(cast, artifact_root):
    rank(cast.labeler)
    wanted = asked(cast)
    (artifact_root / "tmp").mkdir(parents=True, exist_ok=True)
    (artifact_root / "tmp" / f"{wanted.uid}.999").write_text("what the last of them left")
    for _ in range(5):
        assert snapshot_claim(uid=wanted.uid, token=uuid4())
        DatasetSnapshot.objects.update(heartbeat_at=timezone.now() - STALE - timedelta(seconds=1))
    assert snapshots_requeue() == 0
    wanted.refresh_from_db()
    assert (wanted.state, "5 attempts" in wanted.error) == ("failed", True)
    assert list((artifact_root / "tmp").iterdir()) == []


def test_what_vanished_before_the_build_fails_in_a_sentence(cast):
    first = rank(cast.labeler)
    wanted = asked(cast, to=timezone.now().isoformat())
    correct(first)  # the new one is later than `to`, the old one superseded
    assert snapshot_build(uid=wanted.uid)
    wanted.refresh_from_db()
    assert wanted.state == "failed"
    assert wanted.error.startswith("Nothing to export: of 2 rankings")


@pytest.mark.django_db(transaction=True)
def test_a_living_builder_is_never_taken_over(cast, monkeypatch):
    """However old its heartbeat: the row's lock says that it lives."""
    rank(cast.labeler)
    wanted = asked(cast)
    inside, go_on, results = threading.Event(), threading.Event(), []
    read = build.snapshot_parts

    def slow(*args, **options):
        inside.set()
        assert go_on.wait(60)
        return read(*args, **options)

    monkeypatch.setattr(build, "snapshot_parts", slow)

    def work():
        results.append(snapshot_build(uid=wanted.uid))
        connection.close()

    thread = threading.Thread(target=work)
    with monkeypatch.context() as patch:
        patch.setattr(
            build.timezone, "now", lambda: timezone.datetime(2020, 1, 1, tzinfo=timezone.get_default_timezone())
        )
        thread.start()
        assert inside.wait(60)
    assert not snapshot_build(uid=wanted.uid)
    with transaction.atomic():
        assert not snapshot_claim(uid=wanted.uid, token=uuid4())
    go_on.set()
    thread.join(60)
    wanted.refresh_from_db()
    assert (results, wanted.state, wanted.attempts) == ([True], "ready", 1)


@pytest.mark.django_db(transaction=True)
def test_equal_whatever_the_number_of_readers(cast):
    """Each reads over a connection of its own, in the view of the transaction that builds."""
    for _ in range(7):
        rank(cast.labeler)
    hashes = set()
    for readers, part in ((0, 2000), (1, 2), (2, 3), (5, 1)):
        wanted = asked(cast)
        assert snapshot_build(uid=wanted.uid, readers=readers, part=part)
        wanted.refresh_from_db()
        hashes.add((wanted.sha256, wanted.rows, wanted.error))
    ((sha256, rows, error),) = hashes
    assert (rows, error) == (7, "")
    assert sha256_hex(artifact_path(sha256).read_bytes()) == sha256


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_fails_fails_the_build(cast, monkeypatch, artifact_root):
    for _ in range(3):
        rank(cast.labeler)
    wanted = asked(cast)
    monkeypatch.setattr("apps.datasets.services.reading.lines_copy", lambda _kind: "COPY (SELECT 1 / 0) TO STDOUT")
    assert snapshot_build(uid=wanted.uid)
    wanted.refresh_from_db()
    assert (wanted.state, "division by zero" in wanted.error) == ("failed", True)
    assert not SnapshotItem.objects.exists()
    assert [path for path in artifact_root.rglob("*") if path.is_file()] == []
