"""A small project with judgments of every kind, for snapshots to take or leave."""

import json
from typing import Any

from apps.datasets.models import DatasetSnapshot
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.projects.models import Membership
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.cast import Cast
from tests.imports.test_workers import here
from tests.make import make_demonstrate_task, make_rank_task


def rank(member: Membership, k: int = 3, **body: Any) -> Judgment:
    """A new task, ranked by `member`: the first letter best, the rest tied."""
    make_rank_task(member.project, k=k)
    assignment = assignment_claim(member=member, kind="rank")
    tiers = {letter: 1 if letter == "A" else 2 for letter in "ABCDEFGHI"[:k]}
    return judgment_submit(assignment=assignment, body={"tiers": tiers, **body}).judgment


def demonstrate(member: Membership, text: str, split: str = "train") -> Judgment:
    make_demonstrate_task(member.project, split=split)
    assignment = assignment_claim(member=member, kind="demonstrate")
    return judgment_submit(assignment=assignment, body={"text": text}).judgment


def correct(judgment: Judgment) -> Judgment:
    k = len(judgment.ranking.tiers)
    body = {"tiers": dict.fromkeys("ABCDEFGHI"[:k], 1)}
    return judgment_correct(assignment=judgment.assignment, body=body).judgment


def publish_guideline(cast: Cast) -> None:
    guideline = guideline_publish(actor=cast.manager.user, project=cast.project, body="Be helpful.")
    for member in (cast.labeler, cast.second_labeler, cast.held_out_labeler):
        guideline_acknowledge(member=member, number=guideline.number)


def import_rankings(cast: Cast, *kinds: str) -> None:
    """One ranked prompt for each kind of external labeler named."""
    lines = [
        {
            "prompt_id": f"line-{kind}",
            "prompt": f"Ranked by a {kind}?",
            "completions": [{"id": "1", "model": "a", "text": "x"}, {"id": "2", "text": "longer"}],
            "rankings": [{"labeler": f"the {kind}", "kind": kind, "ranks": [2, 1]}],
            "source": {"kind": kind},
        }
        for kind in kinds
    ]
    here(cast.project, "\n".join(map(json.dumps, lines)).encode())


def snapshot(cast: Cast, kind: str = "rankings", purpose: str = "training", **filter: Any) -> DatasetSnapshot:
    """A snapshot, built."""
    asked = snapshot_create(actor=cast.researcher.user, project=cast.project, kind=kind, purpose=purpose, filter=filter)
    assert snapshot_build(uid=asked.uid)
    asked.refresh_from_db()
    return asked


def records(snapshot: DatasetSnapshot) -> list[dict[str, Any]]:
    assert snapshot.state == "ready", snapshot.error
    return [json.loads(line) for line in artifact_path(snapshot.sha256).read_bytes().splitlines()]


def uids(snapshot: DatasetSnapshot) -> set[str]:
    return {record["uid"] for record in records(snapshot)}
