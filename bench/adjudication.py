"""Disagreements and what snapshots make of them: the first look and the next, a page of the queue, and a snapshot of raw,
agreeing and aggregated rankings of the same tasks, each of which three people ranked."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bench import report
from bench.stage import ROOT, stage

OTHERS = 6
# Two more rankings of every task, by people elsewhere: one mostly like the first, one of any order.
_MORE = """
WITH judged AS (
    INSERT INTO labeling_judgment (id, uid, task_id, external_labeler_id, cohort, note, prompt_flags, use_case, surplus,
                                   rendering, proposal, content_sha256, submitted_at)
    SELECT %(first)s + n, gen_random_uuid(), task_id, (%(labelers)s::bigint[])[1 + n %% %(count)s], 'training', '', '{}', '',
           false, 'rendered', false, md5('more ' || n), now()
    FROM (SELECT task_id, row_number() OVER (ORDER BY id) AS n FROM labeling_judgment WHERE id > %(above)s AND id <= %(upto)s) one
    RETURNING id
)
INSERT INTO labeling_ranking (judgment_id, tiers)
SELECT id, CASE id %% 7 WHEN 0 THEN '{4,3,2,1}' WHEN 1 THEN '{1,1,2,3}' WHEN 2 THEN '{2,1,2,3}' ELSE '{1,2,3,4}' END::smallint[]
FROM judged
"""


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench adjudication", description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-artifacts-") as store:
        os.environ["ARTIFACT_ROOT"] = store
        with stage():
            _measure(given.tasks)


def _measure(tasks: int) -> None:
    from apps.adjudication.selectors.queue import queue_of
    from apps.adjudication.services.refresh import disagreements_refresh
    from apps.projects.models import Membership
    from bench.snapshots_fill import fill
    from bench.texts import questions

    texts, whence = questions()
    project = fill(texts, tasks)
    newest = _more(project, 0, None)
    manager = Membership.objects.get(project=project, role="manager")
    found: dict[str, float] = {"the first look at all": _timed(lambda: disagreements_refresh(project=project))}
    _more(project, newest, 100)
    found["the next, 100 new judgments"] = _timed(lambda: disagreements_refresh(project=project))
    found["a page of the queue"] = min(_timed(lambda: list(queue_of(manager)[:26])) for _ in range(5))
    for name, asked in (
        ("snapshot, raw", {}), ("snapshot, agreement of at least a half", {"min_agreement": 0.5}),
        ("snapshot, aggregated", {"judgments": "aggregated"}),
    ):  # fmt: skip
        found[name] = _timed(partial(_snapshot, project, asked))
    report.say(report.table(("", "seconds"), [(name, f"{seconds:,.3f}") for name, seconds in found.items()]))
    path = report.write("adjudication", {**report.machine(), "tasks": tasks, "texts": whence, "seconds": found})
    report.say(str(path.relative_to(ROOT)))


def _more(project: Any, above: int, limit: int | None) -> int:
    """Another ranking of each task, twice the first time. The newest judgment's id."""
    from django.db import connection

    from apps.labeling.models import Judgment
    from apps.projects.models import ExternalLabeler

    for turn in range(1 if limit else 2):
        people = [
            ExternalLabeler.objects.create(project=project, pseudonym=f"person {above} {turn} {number}").pk
            for number in range(OTHERS)
        ]
        newest = Judgment.objects.latest("id").pk
        first = Judgment.objects.earliest("id").pk - 1
        values: dict[str, Any] = {
            "first": newest, "labelers": people, "count": OTHERS, "above": first,
            "upto": first + (limit or (newest - first) // (turn + 1)),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(_MORE, values)
            cursor.execute("RESET session_replication_role")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Judgment.objects.latest("id").pk


def _snapshot(project: Any, asked: dict[str, Any]) -> None:
    from apps.datasets.services.build import snapshot_build
    from apps.datasets.services.create import snapshot_create

    snapshot = snapshot_create(actor=None, project=project, kind="rankings", purpose="training", filter=asked)
    snapshot_build(uid=snapshot.uid)
    snapshot.refresh_from_db()
    if snapshot.state != "ready":
        raise RuntimeError(snapshot.error)


def _timed(deed: Callable[[], Any]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
