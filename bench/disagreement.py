"""Why labelers disagree, of a project of some size: reading what several people ranked, and the whole report."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench import report
from bench.stage import ROOT, stage

OTHERS, A_TASK = 12, 3
# More rankings of every task by people elsewhere: mostly of one order, some of any.
_MORE = """
WITH judged AS (
    INSERT INTO labeling_judgment (id, uid, task_id, external_labeler_id, cohort, note, prompt_flags, use_case, surplus,
                                   rendering, proposal, content_sha256, submitted_at)
    SELECT %(first)s + n, gen_random_uuid(), task_id, (%(labelers)s::bigint[])[1 + (hashint8(task_id + n) & 1048575) %% %(count)s],
           'training', '', '{}', '', false, 'rendered', false, md5('more ' || n), now()
    FROM (SELECT task_id, row_number() OVER (ORDER BY id) AS n FROM labeling_judgment WHERE id <= %(upto)s) one
    RETURNING id
)
INSERT INTO labeling_ranking (judgment_id, tiers)
SELECT id, CASE (hashint8(id) & 1048575) %% 7 WHEN 0 THEN '{4,3,2,1}' WHEN 1 THEN '{1,1,2,3}' WHEN 2 THEN '{2,1,2,3}'
       ELSE '{1,2,3,4}' END::smallint[]
FROM judged
"""


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench disagreement", description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-artifacts-") as store:
        os.environ["ARTIFACT_ROOT"] = store
        with stage():
            _measure(given.tasks)


def _measure(tasks: int) -> None:
    from apps.causes.selectors.complaints import complaints_of
    from apps.causes.selectors.marks import marks_of
    from apps.causes.selectors.rankings import overlap_of
    from apps.causes.services.refresh import disagreement_refresh
    from bench.snapshots_fill import fill
    from bench.texts import questions

    texts, whence = questions()
    project = fill(texts, tasks)
    _more(project)
    found = {
        "reading rankings": _timed(lambda: overlap_of(project)),
        "reading marks": _timed(lambda: marks_of(project)),
        "reading complaints": _timed(lambda: complaints_of(project)),
        "the whole report": _timed(lambda: disagreement_refresh(project=project)),
    }
    report.say(report.table(("", "seconds"), [(name, f"{seconds:,.3f}") for name, seconds in found.items()]))
    path = report.write("disagreement", {**report.machine(), "tasks": tasks, "texts": whence, "seconds": found})
    report.say(str(path.relative_to(ROOT)))


def _more(project: Any) -> None:
    """So many rankings of each task that it has A_TASK."""
    from django.db import connection

    from apps.labeling.models import Judgment
    from apps.projects.models import ExternalLabeler

    upto = Judgment.objects.latest("id").pk
    for turn in range(A_TASK - 1):
        people = [
            ExternalLabeler.objects.create(project=project, pseudonym=f"person {turn} {number}").pk
            for number in range(OTHERS)
        ]
        first = Judgment.objects.latest("id").pk
        values: dict[str, Any] = {"first": first, "upto": upto, "labelers": people, "count": OTHERS}
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(_MORE, values)
            cursor.execute("RESET session_replication_role")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _timed(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
