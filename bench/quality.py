"""Everything that says how far a large project's data can be trusted: each job once from nothing and once after a hundred
new judgments, then a look at each page, each in a process of its own: seconds, processor time of it and of the database's process for
it, the peaks of their memory, queries."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bench import report
from bench.stage import ROOT, stage

A_TASK, LABELERS, GOLD_ITEMS, SETTLED = 3, 40, 1250, 20
# Another ranking of every task, by somebody else: mostly of one order, some of any. Half of them rate, too.
_AGAIN = """
WITH asked AS (
    INSERT INTO labeling_assignment (id, uid, task_id, membership_id, schema_id, guideline_id, state, display_order,
                                     active_seconds, draft_revision, skip_reason, skip_code, seen_at)
    SELECT %(first)s + n, gen_random_uuid(), task.id, (%(members)s::bigint[])[1 + (task.id + %(step)s) %% %(labelers)s],
           %(schema)s, %(guideline)s, 'submitted', '{0,1,2,3}', 60 + n %% 200, 1, '', '', now() - interval '1 hour'
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM labeling_task WHERE {tasks}) task
    RETURNING id, task_id
), judged AS (
    INSERT INTO labeling_judgment (id, uid, task_id, assignment_id, schema_id, guideline_id, cohort, note, prompt_flags,
                                   use_case, surplus, rendering, proposal, active_seconds, content_sha256, submitted_at)
    SELECT id, gen_random_uuid(), task_id, id, %(schema)s, %(guideline)s, 'training', '', '{}', '', false, 'rendered', false,
           60 + id %% 200, md5('again ' || id), {at} FROM asked
    RETURNING id
), rated AS (
    INSERT INTO labeling_ratings (judgment_id, values)
    SELECT id, (SELECT jsonb_agg(jsonb_build_object('overall', 1 + (hashint8(id * 4 + i) & 1048575) %% 7)) FROM generate_series(0, 3) i)
    FROM judged WHERE id %% 2 = 0
)
INSERT INTO labeling_ranking (judgment_id, tiers)
SELECT id, CASE (hashint8(id) & 1048575) %% 7 WHEN 0 THEN '{4,3,2,1}' WHEN 1 THEN '{1,1,2,3}' WHEN 2 THEN '{2,1,2,3}'
       ELSE '{1,2,3,4}' END::smallint[]
FROM judged
"""
_GOLD = """
WITH chosen AS (
    UPDATE labeling_task SET purpose = 'gold' WHERE id IN (SELECT id FROM labeling_task ORDER BY id LIMIT %(items)s) RETURNING id
)
INSERT INTO gold_golditem (uid, task_id, pairs, may_miss, explanation, made_by_id, retired_as, retired_because)
SELECT gen_random_uuid(), id, '[[0, 1, false], [0, 2, false], [0, 3, false], [1, 2, true]]', 1, 'It is so.', %(by)s, '', '' FROM chosen
"""
# Every so manieth task is settled.
_SETTLED = """
INSERT INTO adjudication_resolution (uid, task_id, membership_id, category, tiers, rule, note, judgments, cohort)
SELECT gen_random_uuid(), id, %(member)s, 'slip', '{1,2,3,4}', '', '', '{}', 'training'
FROM labeling_task WHERE id %% %(settled)s = 0 AND purpose = 'production'
"""


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench quality", description=__doc__)
    parser.add_argument("--rankings", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", default=[], help="names of jobs and pages")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.child:
        _child(given.child)
        return
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-artifacts-") as store:
        os.environ["ARTIFACT_ROOT"] = store
        with stage():
            filled(given.rankings)
            found = measured(given.only)
    path = report.write("quality", {**report.machine(), "rankings": given.rankings, "found": found})
    report.say(str(path.relative_to(ROOT)))


def filled(rankings: int) -> None:
    from bench.snapshots_fill import fill
    from bench.texts import questions

    texts, whence = questions()
    report.say(f"Filling {rankings:,} rankings ({whence}) ...")
    project = fill(texts, rankings // A_TASK, LABELERS)
    for turn in range(1, A_TASK):
        again(project, 7 * turn, "true", "now() - interval '1 hour'")
    for step in range(LABELERS):
        if step not in (0, 7, 14):  # who judged them as work
            again(project, step, f"id <= 1000 + {GOLD_ITEMS}", "now() - interval '1 hour'")
    manager = project.memberships.get(role="manager")
    _sql(_GOLD, {"items": GOLD_ITEMS, "by": manager.user_id})
    _sql(_SETTLED, {"settled": SETTLED, "member": manager.pk}, "VACUUM ANALYZE")


def again(project: Any, step: int, tasks: str, at: str) -> None:
    from apps.labeling.models import Judgment
    from apps.projects.models import JudgmentSchema

    values = {
        "first": Judgment.objects.latest("id").pk, "step": step, "labelers": LABELERS,
        "members": list(project.memberships.filter(role="labeler").order_by("id").values_list("pk", flat=True)),
        "schema": JudgmentSchema.objects.filter(project=project).latest("number").pk,
        "guideline": project.guidelines.latest("number").pk,
    }  # fmt: skip
    _sql(_AGAIN.replace("{tasks}", tasks).replace("{at}", at), values)


def _sql(statement: str, values: dict[str, Any], *then: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("RESET session_replication_role")
        for one in then:
            cursor.execute(one)


def measured(only: Sequence[str]) -> list[dict[str, Any]]:
    from apps.projects.models import Project

    found = []
    jobs = [name for name in JOBS if not only or name in only]
    for turn in ("from nothing", "100 more"):
        for name in jobs:
            found.append({"what": name, "turn": turn, **_in_a_process(name)})
            _told(found[-1])
        if turn == "from nothing":
            again(Project.objects.get(slug="bench"), 20, "id BETWEEN 9001 AND 9100", "now()")
    for name in [name for name in PAGES if not only or name in only]:
        found.append({"what": name, "turn": "a look", **_in_a_process(name)})
        _told(found[-1])
    return found


def _told(one: dict[str, Any]) -> None:
    report.say(
        f"{one['what']:14} {one['turn']:13} {one['seconds']:7.2f} s  {one['cpu']:7.2f} processor s  {one['peak_mb']:6.0f} MB"
        f"  database {one['database_cpu']:7.2f} processor s  {one['database_mb']:6.0f} MB"
        f"  {one['queries']:4} queries  {one['said']}"
    )


def _in_a_process(name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "quality", "--child", name], cwd=os.getcwd(), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _child(name: str) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.projects.models import Project

    project = Project.objects.get(slug="bench")
    do = JOBS[name](project) if name in JOBS else _look(project, *PAGES[name])
    before, served = _peak_mb(), Served()
    began, worked = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        said = do()
    report.say(json.dumps({
        "seconds": time.perf_counter() - began, "cpu": time.process_time() - worked, "peak_mb": _peak_mb(),
        "before_mb": before, "database_cpu": served.cpu(), "database_mb": served.peak_mb(), "queries": len(queries), "said": said,
    }))  # fmt: skip


def _peak_mb(process: int | str = "self") -> float:
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


class Served:
    """PostgreSQL's process for this connection: without those that help it along, with the buffers it shares."""

    def __init__(self) -> None:
        from django.db import connection

        connection.ensure_connection()
        self._process = connection.connection.info.backend_pid
        self._before = self._ticks()

    def cpu(self) -> float:
        return (self._ticks() - self._before) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        return _peak_mb(self._process)

    def _ticks(self) -> int:
        with open(f"/proc/{self._process}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])


def _agreement(project: Any) -> Callable[[], Any]:
    from apps.quality.services.agreement import agreement_refresh

    def do() -> Any:
        found = agreement_refresh(project=project)
        return found and found.body["overall"]["judgments"]

    return do


def _bias(project: Any) -> Callable[[], Any]:
    from apps.quality.services.bias import bias_refresh

    def do() -> Any:
        found = bias_refresh(project=project, stale=timedelta(hours=1))
        return found and found.body["judgments"]

    return do


def _causes(project: Any) -> Callable[[], Any]:
    from apps.causes.services.refresh import disagreement_refresh

    def do() -> Any:
        found = disagreement_refresh(project=project, stale=timedelta(hours=1))
        return found and found.body["counts"]["judgments"]

    return do


def _disagreements(project: Any) -> Callable[[], Any]:
    from apps.adjudication.services.refresh import disagreements_refresh

    return lambda: disagreements_refresh(project=project)


def _readiness(project: Any) -> Callable[[], Any]:
    from apps.readiness.services.kept import facts_refresh

    def do() -> Any:
        found = facts_refresh(project=project, stale=timedelta(hours=1))
        return found and found.body["facts"]["rankings"]

    return do


def _gold(project: Any) -> Callable[[], Any]:
    from apps.gold.services.kept import gold_refresh

    def do() -> Any:
        found = gold_refresh(project=project, stale=timedelta(hours=1))
        return found and sum(answers for answers, *_ in found.body["items"].values())

    return do


def _snapshot(project: Any, **chosen: Any) -> Callable[[], Any]:
    from apps.datasets.services.build import snapshot_build
    from apps.datasets.services.create import snapshot_create

    def do() -> Any:
        snapshot = snapshot_create(actor=None, project=project, kind="rankings", purpose="training", filter=chosen)
        snapshot_build(uid=snapshot.uid)
        snapshot.refresh_from_db()
        return snapshot.error or snapshot.rows

    return do


JOBS: dict[str, Callable[[Any], Callable[[], Any]]] = {
    "agreement": _agreement, "bias": _bias, "causes": _causes, "disagreements": _disagreements, "gold": _gold,
    "readiness": _readiness, "aggregated": partial(_snapshot, judgments="aggregated"),
    "adjudicated": partial(_snapshot, judgments="adjudicated", unresolved="raw"), "agreeing": partial(_snapshot, min_agreement=0.6),
}  # fmt: skip
# By name: the role of who looks, and where.
PAGES = {
    "agreement page": ("manager", "quality:agreement"), "bias page": ("manager", "quality:bias"),
    "causes page": ("manager", "causes:disagreement"), "queue page": ("manager", "adjudication:queue"),
    "readiness page": ("manager", "readiness:readiness"), "gold items": ("manager", "gold:items"),
    "gold item": ("manager", "gold:item"), "gold labelers": ("manager", "gold:labelers"),
    "gold labeler": ("manager", "gold:labeler"), "own page": ("labeler", "quality:me"), "pay page": ("manager", "quality:pay"),
}  # fmt: skip


def _look(project: Any, role: str, url: str) -> Callable[[], Any]:
    from django.test import Client
    from django.urls import reverse

    from apps.gold.models import GoldItem

    member = project.memberships.filter(role=role).order_by("id").first()
    given = [project.slug]
    if url == "gold:item":
        given.append(GoldItem.objects.order_by("id")[5].uid)
    if url == "gold:labeler":
        given.append(project.memberships.filter(role="labeler").order_by("id")[3].uid)
    client = Client()
    client.force_login(member.user)
    # What only the first request of a process does: templates, URLs.
    client.get(reverse("quality:me", args=[project.slug]))

    def do() -> Any:
        answer = client.get(reverse(url, args=given))
        return f"{answer.status_code}, {len(answer.content) // 1000} kB"

    return do
