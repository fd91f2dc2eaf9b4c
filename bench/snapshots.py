"""A snapshot of many rankings, from the request to the downloaded file, beside `COPY` of the same rows and Parquet.

COPY is measured twice: as one join (a row a completion, the prompt's texts in each of them) and in two (the judgments,
then the completions), which is less to write. Both go to a file, in the order of the snapshot.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from bench import report
from bench.stage import ROOT, Stage, stage

_JUDGMENT = """
judgment.uid AS judgment_uid, judgment.note, judgment.prompt_flags, judgment.use_case AS judged_use_case,
judgment.cohort, judgment.surplus, judgment.rendering, judgment.proposal, judgment.active_seconds, judgment.submitted_at,
ranking.tiers, ratings.values, assignment.display_order, member.pseudonym, guideline.track, guideline.number, form.number,
task.uid, task.external_id, task.source, task.metadata, prompt.uid, prompt.external_ids, prompt.source, prompt.metadata,
prompt.messages, prompt.context, prompt.use_case, prompt.language, prompt.split"""
_COMPLETION = """
candidate.name, completion.uid, completion.body, completion.origin, completion.source_name, completion.sampling,
version.name, version.number"""
_JUDGMENTS = """
FROM labeling_judgment judgment
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
LEFT JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_membership member ON member.id = assignment.membership_id
LEFT JOIN projects_judgmentschema form ON form.id = judgment.schema_id
LEFT JOIN projects_guidelineversion guideline ON guideline.id = judgment.guideline_id"""
_COMPLETIONS = """
CROSS JOIN LATERAL unnest(task.candidates, task.external_candidate_ids) WITH ORDINALITY AS candidate(id, name, place)
JOIN prompts_completion completion ON completion.id = candidate.id
LEFT JOIN registry_modelversion version ON version.id = completion.model_version_id"""
_ORDER = "ORDER BY judgment.uid"
COPIES = {
    "COPY, one join": [f"SELECT {_JUDGMENT}, {_COMPLETION} {_JUDGMENTS} {_COMPLETIONS} {_ORDER}, candidate.place"],
    "COPY, in two": [
        f"SELECT {_JUDGMENT} {_JUDGMENTS} {_ORDER}",
        f"SELECT judgment.uid, {_COMPLETION} FROM labeling_judgment judgment "
        f"JOIN labeling_task task ON task.id = judgment.task_id {_COMPLETIONS} {_ORDER}, candidate.place",
    ],
}
BUILD, PARQUET, SERVED = "snapshot", "rankings.parquet", "download"


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench snapshots", description=__doc__)
    parser.add_argument("--rankings", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-parquet", action="store_true")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.child:
        _child(*given.child)
        return
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-artifacts-") as store:
        os.environ["ARTIFACT_ROOT"] = store
        with stage() as place:
            _measure(place, given.rankings, given.runs, parquet=not given.no_parquet)


def _measure(place: Stage, rankings: int, runs: int, *, parquet: bool) -> None:
    from bench.snapshots_fill import fill
    from bench.texts import questions

    texts, whence = questions()
    report.say(f"Filling {rankings:,} rankings ({whence}) ...")
    fill(texts, rankings)
    wanted = [*COPIES, BUILD, *([PARQUET] if parquet else [])]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in [*wanted, SERVED]}
    with place.web() as address:
        for _ in range(runs):
            uid = ""
            for name in wanted:
                one = _in_a_process(place, name, uid)
                uid = one.get("uid", uid)
                found[name].append(one)
                report.say(f"  {name}: {one['seconds']:.1f} s, {one['peak_mb']:.0f} MB")
            found[SERVED].append(_served(address, uid))
    _tell(found, rankings, whence)


def _in_a_process(place: Stage, name: str, uid: str) -> dict[str, Any]:
    """Each in a process of its own, so that its peak of memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "snapshots", "--child", name, *([uid] if uid else [])],
        cwd=ROOT, env={**os.environ, **place.env}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _child(name: str, uid: str = "") -> None:
    import django

    django.setup()
    began = time.perf_counter()
    answer = _build() if name == BUILD else _parquet(uid) if name == PARQUET else _copy(COPIES[name])
    answer["seconds"] = time.perf_counter() - began
    with open("/proc/self/status") as status:
        answer["peak_mb"] = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    report.say(json.dumps(answer))


def _copy(statements: Sequence[str]) -> dict[str, Any]:
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor, open(f"{settings.ARTIFACT_ROOT}/copied", "wb", buffering=2**20) as file:
        for statement in statements:
            cursor.copy_expert(f"COPY ({statement}) TO STDOUT", file)
        file.flush()
        os.fsync(file.fileno())
        return {"bytes": file.tell()}


def _build() -> dict[str, Any]:
    """From the request on: what a person waits for, the items of the snapshot included."""
    from apps.datasets.services.build import snapshot_build
    from apps.datasets.services.create import snapshot_create
    from apps.projects.models import Project

    project = Project.objects.get(slug="bench")
    snapshot = snapshot_create(actor=None, project=project, kind="rankings", purpose="training")
    snapshot_build(uid=snapshot.uid)
    snapshot.refresh_from_db()
    if snapshot.state != "ready":
        raise RuntimeError(snapshot.error)
    return {
        "uid": str(snapshot.uid),
        "sha256": snapshot.sha256,
        "rows": snapshot.rows,
        "bytes": snapshot.files.get().size,
    }


def _parquet(uid: str) -> dict[str, Any]:
    from apps.datasets.models import DatasetSnapshot
    from apps.datasets.services.derive import file_make

    file = file_make(snapshot=DatasetSnapshot.objects.get(uid=uid), name=PARQUET)
    return {"bytes": file.size}


def _served(address: str, uid: str) -> dict[str, Any]:
    """The records file over HTTP, with a token, as a client gets it."""
    from apps.accounts.models import User
    from apps.accounts.services import token_issue

    key = token_issue(actor=User.objects.get(email="manager@bench.local"), label="bench").key
    began = time.perf_counter()
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=600)
    connection.request(
        "GET", f"/api/v1/snapshots/{uid}/files/rankings.jsonl", headers={"Authorization": f"Token {key}"}
    )
    answer, size = connection.getresponse(), 0
    while block := answer.read(2**20):
        size += len(block)
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the download answered {answer.status}")
    return {"seconds": time.perf_counter() - began, "bytes": size, "peak_mb": 0.0}


def _tell(found: dict[str, list[dict[str, Any]]], rankings: int, whence: str) -> None:
    medians = {name: statistics.median(one["seconds"] for one in runs) for name, runs in found.items() if runs}
    rows = [
        (
            name, seconds, round(rankings / seconds), found[name][0]["bytes"] / 2**20,
            max(one["peak_mb"] for one in found[name]) or "", *(f"{medians[copy] / seconds:.2f}" for copy in COPIES),
        )
        for name, seconds in medians.items()
    ]  # fmt: skip
    headings = ("", "seconds", "rankings/s", "MB", "peak MB", *(f"of {copy}" for copy in COPIES))
    report.say(report.table(headings, rows))
    hashes = {one["sha256"] for one in found[BUILD]}
    if len(hashes) != 1:
        raise RuntimeError(f"the builds differ: {hashes}")
    report.write(
        "snapshots",
        {**report.machine(), "rankings": rankings, "texts": whence, "runs": found, "medians": medians},
    )
