"""Aggregated and adjudicated snapshots, and a minimum agreement: what is in them, and what never is."""

import json
import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.adjudication.selectors.sheet import sheet_of
from apps.adjudication.services.resolutions import resolution_create
from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense
from apps.datasets.domain.filters import parse_filter
from apps.datasets.domain.records import ConsensusRecord, parse_record, record_line
from apps.datasets.models import DatasetSnapshot, SnapshotConsensus, SnapshotPart
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.consensus_lines import consensus_copy
from apps.datasets.services.create import snapshot_create
from apps.datasets.services.derive import file_make
from apps.datasets.services.selection import rows_selected
from apps.labeling.models import Judgment
from apps.lineage.finding import found_by_line
from apps.lineage.reach import reach_of
from apps.lineage.selectors import records_of, records_page
from apps.projects.services import project_create
from apps.quality.domain.table import judgments as table_of
from apps.quality.domain.tally import At, tally
from tests.adjudication.scene import contested, judge, say
from tests.datasets.scene import correct, records, snapshot, uids
from tests.datasets.test_lines import unhurried
from tests.make import make_rank_task


def settle(cast, task, tiers, category="slip", member=None):
    sheet = sheet_of(task)
    places = zip(sheet.letters, sheet.order, strict=True)
    ladder = {} if category == "prompt" else {letter: tiers[place] for letter, place in places}
    standing = sheet.resolution.uid if sheet.resolution else None
    return resolution_create(
        actor=member or cast.adjudicator, sheet=sheet, category=category, supersedes=standing, tiers=ladder,
    ).resolution  # fmt: skip


def text(found, name):
    return artifact_path(file_make(snapshot=found, name=name).sha256).read_bytes()


def test_aggregated_is_one_line_a_task_that_names_what_it_is_made_of(cast):
    torn, alone = contested(cast.project, [1, 2, 3], [1, 2, 3], [3, 2, 1]), contested(cast.project, [2, 1, 1])
    found = snapshot(cast, judgments="aggregated")
    by_task = {record["task_uid"]: record for record in records(found)}
    line = by_task[str(torn.uid)]
    assert (line["record"], line["method"], line["tiers"], line["uid"]) == (
        "consensus/2", "aggregated", [1, 2, 3], str(torn.uid)
    )  # fmt: skip
    said = {str(uid) for uid in Judgment.objects.filter(task=torn).values_list("uid", flat=True)}
    assert {part["uid"] for part in line["judgments"]} == said
    assert [part["tiers"] for part in line["judgments"]] == [[1, 2, 3], [1, 2, 3], [3, 2, 1]]
    assert line["agreement"] == pytest.approx(1 / 3, abs=1e-4)
    assert 0.5 < line["reliability"] < 1
    single = by_task[str(alone.uid)]
    assert (single["tiers"], single["agreement"], len(single["judgments"])) == ([2, 1, 1], None, 1)
    assert found.rows == 2


def test_the_lines_are_canonical_records_that_every_reader_of_rankings_reads(cast):
    contested(cast.project, [1, 2, 3], [1, 2, 3])
    settle(cast, contested(cast.project, [1, 2], [2, 1]), [1, 2])
    for mode in ({"judgments": "aggregated"}, {"judgments": "adjudicated", "unresolved": "raw"}):
        found = snapshot(cast, **mode)
        for line in artifact_path(found.sha256).read_bytes().splitlines(keepends=True):
            record = parse_record(line)
            assert isinstance(record, ConsensusRecord)
            assert record_line(record) == line
            assert parse_record(line.replace(b'"consensus/2"', b'"consensus/1"')) == record
        pairs = [json.loads(row) for row in text(found, "pairs.jsonl").splitlines()]
        assert pairs
        assert {pair["ranking_uid"] for pair in pairs} <= uids(found)
        assert text(found, "rankings.parquet")
        card = text(found, "README.md").decode()
        assert "## One ranking a task" in card
        assert f"judgments: {mode['judgments']}" in card


def test_the_same_is_asked_for_twice_and_has_the_same_hash(cast):
    for _ in range(5):
        contested(cast.project, [1, 2, 3], [1, 3, 2], [2, 2, 1])
    first = snapshot(cast, judgments="aggregated")
    asked = snapshot_create(actor=None, project=cast.project, kind="rankings", purpose="training",
                            filter={"judgments": "aggregated"})  # fmt: skip
    assert snapshot_build(uid=asked.uid, part=2)
    asked.refresh_from_db()
    assert asked.sha256 == first.sha256


@pytest.mark.parametrize("mode", [{"judgments": "aggregated"}, {"judgments": "adjudicated", "unresolved": "raw"}])
def test_lines_are_written_in_blocks_of_any_size(cast, mode, monkeypatch):
    for number in range(5):
        task = contested(cast.project, [1, 2, 3], [1, 3, 2], [2, 2, 1])
        if number % 2 and mode["judgments"] == "adjudicated":
            settle(cast, task, [1, 1, 2])
    whole = snapshot(cast, **mode)
    assert whole.rows == (5 if mode["judgments"] == "aggregated" else 2 + 9)
    monkeypatch.setattr("apps.datasets.services.consensus.BLOCK", 2)
    assert snapshot(cast, **mode).sha256 == whole.sha256


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", [{"judgments": "aggregated"}, {"judgments": "adjudicated", "unresolved": "raw"}])
def test_it_is_built_as_a_worker_builds_it(mode):
    """In a transaction of its own, in which no other connection sees what the lines are made of."""
    boss = User.objects.create_user("boss@example.org")
    project = project_create(actor=boss, slug="worker", name="Worker", seed=1, overlap_share=0)
    for _ in range(3):
        contested(project, [1, 2, 3], [1, 3, 2])
    asked = snapshot_create(actor=boss, project=project, kind="rankings", purpose="training", filter=mode)
    assert snapshot_build(uid=asked.uid, part=2)
    asked.refresh_from_db()
    assert len(records(asked)) == asked.rows == (3 if mode["judgments"] == "aggregated" else 6)


def test_adjudicated_takes_the_resolution_that_stands(cast):
    task, open_one = contested(cast.project, [1, 2, 3], [3, 2, 1]), contested(cast.project, [1, 2, 3], [3, 2, 1])
    settle(cast, task, [1, 1, 2])
    later = settle(cast, task, [2, 1, 1], category="hard", member=cast.manager)
    (line,) = records(snapshot(cast, judgments="adjudicated"))
    assert (line["task_uid"], line["tiers"], line["method"]) == (str(task.uid), [2, 1, 1], "adjudicated")
    assert line["resolution"] == {
        "uid": str(later.uid), "adjudicator": cast.manager.pseudonym, "category": "hard",
    }  # fmt: skip
    assert len(line["judgments"]) == 2
    mixed = records(snapshot(cast, judgments="adjudicated", unresolved="raw"))
    raw = [record for record in mixed if record["method"] == "raw"]
    assert {record["uid"] for record in raw} == {str(uid) for uid in _said(open_one)}
    assert [len(record["judgments"]) for record in raw] == [1, 1]
    assert [record["uid"] for record in mixed] == sorted(record["uid"] for record in mixed)


def _said(task):
    return Judgment.objects.filter(task=task).values_list("uid", flat=True)


def test_a_bad_prompt_stays_out_of_adjudicated_data_even_where_raw_is_taken(cast):
    bad, good = contested(cast.project, [1, 2], [2, 1]), contested(cast.project, [1, 2])
    settle(cast, bad, None, category="prompt")
    found = records(snapshot(cast, judgments="adjudicated", unresolved="raw"))
    assert [record["task_uid"] for record in found] == [str(good.uid)]
    assert len(records(snapshot(cast))) == 3


def test_held_out_judgments_enter_no_training_snapshot_in_any_mode(cast):
    task = contested(cast.project, [1, 2, 3])
    held_out = say(task, [3, 2, 1], cohort="held-out")
    assert settle(cast, task, [3, 2, 1]).cohort == "held-out"
    for mode in (
        {}, {"min_agreement": 0.9}, {"judgments": "aggregated"}, {"judgments": "aggregated", "min_agreement": 0.9},
        {"judgments": "adjudicated", "unresolved": "raw"},
    ):  # fmt: skip
        found = snapshot(cast, **mode)
        (line,) = records(found)
        assert line["tiers"] == [1, 2, 3], mode
        assert str(held_out.uid) not in artifact_path(found.sha256).read_text(), mode
        assert line["labeler"]["cohort"] == "training"
    with pytest.raises(RuleBroken) as told:
        snapshot(cast, judgments="adjudicated")
    assert "no adjudicator settled" in told.value.message
    (line,) = records(snapshot(cast, purpose="evaluation", judgments="adjudicated"))
    assert (line["tiers"], line["labeler"]["cohort"]) == ([3, 2, 1], "held-out")


def test_the_database_lets_no_held_out_part_into_a_training_snapshot(cast):
    task = contested(cast.project, [1, 2])
    held_out = say(task, [2, 1], cohort="held-out")
    resolution = settle(cast, task, [2, 1])
    building = DatasetSnapshot.objects.create(
        project=cast.project, kind="rankings", purpose="training", filter={"judgments": "aggregated"}
    )
    line = {"snapshot": building, "line": 1, "task": task, "uid": task.uid, "tiers": [1, 2]}
    with pytest.raises(IntegrityError, match="part_no_held_out_in_training"), transaction.atomic():
        SnapshotConsensus.objects.create(**line, method="adjudicated", resolution=resolution)
    SnapshotConsensus.objects.create(**line, method="aggregated")
    with pytest.raises(IntegrityError, match="part_no_held_out_in_training"), transaction.atomic():
        SnapshotPart.objects.create(snapshot=building, judgment=held_out, line=1)
    other = contested(cast.project, [1, 2]).judgments.get()
    with pytest.raises(IntegrityError, match="of one task"), transaction.atomic():
        SnapshotPart.objects.create(snapshot=building, judgment=other, line=1)
    found = snapshot(cast, judgments="aggregated")
    with pytest.raises(IntegrityError, match="nothing enters"), transaction.atomic():
        SnapshotConsensus.objects.create(**line | {"snapshot": found, "line": 9}, method="aggregated")
    for table in ("datasets_snapshotpart", "datasets_snapshotconsensus"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE snapshot_id = %s", [found.pk])


def test_a_minimum_agreement_leaves_out_torn_tasks_and_keeps_single_judgments(cast):
    torn = contested(cast.project, [1, 2, 3], [3, 2, 1])
    near = contested(cast.project, [1, 2, 3], [1, 3, 2])
    alone = contested(cast.project, [1, 2, 3])
    assert tasks(snapshot(cast, min_agreement=0.7)) == {str(alone.uid)}
    assert tasks(snapshot(cast, min_agreement=0.66)) == {str(alone.uid), str(near.uid)}
    assert tasks(snapshot(cast, min_agreement=0)) == {str(alone.uid), str(near.uid), str(torn.uid)}
    assert tasks(snapshot(cast, min_agreement=0.66, judgments="aggregated")) == {str(alone.uid), str(near.uid)}
    settle(cast, torn, [1, 2, 3])
    settled = snapshot(cast, min_agreement=0.7, judgments="adjudicated", unresolved="raw")
    assert tasks(settled) == {str(alone.uid), str(torn.uid)}


@pytest.mark.parametrize("judgments", ["raw", "aggregated", "adjudicated"])
def test_no_list_of_tasks_is_looked_through_for_each_judgment(cast, judgments):
    """Such a list may be hashed while it is short, and is read from end to end for each judgment once it is long."""
    contested(cast.project, [1, 2, 3], [3, 2, 1])
    unresolved = {"unresolved": "raw"} if judgments == "adjudicated" else {}
    chosen = parse_filter("rankings", {"min_agreement": 0.7, "judgments": judgments} | unresolved)
    rows = rows_selected(project=cast.project, kind="rankings", purpose="training", chosen=chosen)
    assert "SubPlan" not in rows.explain()


def test_each_line_is_looked_up_by_itself(cast):
    """Never all lines of the snapshot for some of them: that would grow with the square."""
    for _ in range(3):
        contested(cast.project, [1, 2, 3], [1, 3, 2])
    found = snapshot(cast, judgments="aggregated")
    asked = consensus_copy(found.pk).removeprefix("COPY (").split(") TO STDOUT")[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked}", {"ids": "{1,2}"})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert re.search(r"Index Cond: \(\(snapshot_id = \d+\) AND \(line = item.id\)\)", plan), plan


def tasks(found):
    return {record["task_uid"] for record in records(found)}


def test_agreement_is_that_of_the_judgments_that_are_chosen(cast):
    """Filters come first: who is left out does not count."""
    task = contested(cast.project, [1, 2, 3])
    say(task, [3, 2, 1], name="stranger")
    assert not DatasetSnapshot.objects.exists()
    assert len(records(snapshot(cast, min_agreement=0.9, without_labeler="stranger"))) == 1
    with pytest.raises(RuleBroken) as told:
        snapshot(cast, min_agreement=0.9)
    assert "labelers agree too little" in told.value.message


@unhurried
@given(
    st.lists(st.lists(st.integers(1, 3), min_size=3, max_size=3).map(dense), min_size=2, max_size=5), st.integers(0, 20)
)
def test_the_share_is_that_of_the_report_on_agreement(cast, given_tiers, twentieths):
    """One SQL statement against the tally that the page on agreement is made of."""
    task = contested(cast.project, *given_tiers)
    count = len(given_tiers)
    sums = tally(table_of(task=[0] * count, labeler=list(range(count)), tiers=given_tiers)).prompts.counts.sum(axis=0)
    alike, compared = int(sums[At.SAME] + sums[At.BOTH_TIED]), 3 * count * (count - 1) // 2
    least = twentieths / 20
    # A single judgment of another task stays whatever is asked.
    keeper = contested(cast.project, [1, 2, 3])
    found = tasks(snapshot(cast, min_agreement=least))
    assert str(keeper.uid) in found
    assert (str(task.uid) in found) == (alike * 20 >= twentieths * compared)


def test_lineage_of_a_line_leads_to_its_judgments_and_back(cast):
    make_rank_task(cast.project, k=2, required=2)
    first, second = judge(cast.labeler, [1, 2]), judge(cast.second_labeler, [1, 2])
    found = snapshot(cast, judgments="aggregated")
    (line,) = records(found)
    assert [part["uid"] for part in line["judgments"]] == [str(first.uid), str(second.uid)]
    assert [part["labeler"]["pseudonym"] for part in line["judgments"]] == [
        cast.labeler.pseudonym, cast.second_labeler.pseudonym,
    ]  # fmt: skip
    assert found_by_line(cast.project, json.dumps(line)).kind == "task"
    for judgment in (first, second):
        reached = reach_of(cast.project, judgments=Judgment.objects.filter(pk=judgment.pk))
        assert reached.snapshots == [found]
    (row,) = records_of(records_page(found))
    assert row.consensus.parts == 2


def test_a_correction_alone_is_heard(cast):
    make_rank_task(cast.project, k=3)
    judgment = judge(cast.labeler, [1, 2, 3])
    correct(judgment)
    (line,) = records(snapshot(cast, judgments="aggregated"))
    assert (line["tiers"], len(line["judgments"])) == ([1, 1, 1], 1)


@pytest.mark.parametrize(
    ("filter", "field"),
    [
        ({"judgments": "all"}, "filter.judgments"),
        ({"judgments": ["raw"]}, "filter.judgments"),
        ({"unresolved": "raw"}, "filter.unresolved"),
        ({"judgments": "aggregated", "unresolved": "raw"}, "filter.unresolved"),
        ({"judgments": "adjudicated", "unresolved": "skip"}, "filter.unresolved"),
        ({"min_agreement": 1.1}, "filter.min_agreement"),
        ({"min_agreement": True}, "filter.min_agreement"),
        ({"min_agreement": "0.5"}, "filter.min_agreement"),
        ({"min_agreement": float("nan")}, "filter.min_agreement"),
        ({"judgments": "aggregated", "include_superseded": True}, "filter.include_superseded"),
        ({"min_agreement": 0.5, "include_superseded": True}, "filter.include_superseded"),
    ],
)
def test_a_filter_that_is_wrong_is_named(cast, filter, field):
    contested(cast.project, [1, 2], [2, 1])
    with pytest.raises(RuleBroken) as told:
        snapshot(cast, **filter)
    assert told.value.field == field


@pytest.mark.parametrize("kind", ["ratings", "demonstrations", "prompts"])
def test_they_are_filters_of_rankings_alone(cast, kind):
    with pytest.raises(RuleBroken) as told:
        snapshot_create(
            actor=None, project=cast.project, kind=kind, purpose="training", filter={"judgments": "aggregated"}
        )
    assert told.value.code == "unknown_filter"


def test_it_is_asked_for_on_the_page(cast, client):
    contested(cast.project, [1, 2, 3], [1, 2, 3])
    client.force_login(cast.researcher.user)
    path = f"/p/{cast.project.slug}/snapshots/"
    asked = {
        "kind": "rankings",
        "purpose": "training",
        "judgments": "adjudicated",
        "unresolved": "raw",
        "min_agreement": "0.5",
    }
    assert client.post(path, asked).status_code == 303
    made = DatasetSnapshot.objects.get()
    assert made.filter == {"judgments": "adjudicated", "unresolved": "raw", "min_agreement": 0.5}
    assert snapshot_build(uid=made.uid)
    listed = client.get(reverse("lineage:records", args=[cast.project.slug, made.uid])).content.decode()
    assert "2 rankings, in the order of the file." in listed
    assert "Made of" in listed
    refused = client.post(path, asked | {"judgments": ""})
    assert refused.status_code == 422
    assert "filter.judgments must be adjudicated" in refused.content.decode()
