"""The whole report of agreement on many rankings: every statistic with its interval, over all, by cohort, use case and
month, and the matrix of labelers; and what one more task costs a tally that is kept. Each case in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from bench import report
from bench.stage import ROOT

CASES = {"2 labelers a task": (2, 4, 4), "5 labelers a task": (5, 4, 4), "2 or 5 labelers, K 2 to 9": (0, 2, 9)}


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench agreement", description=__doc__)
    parser.add_argument("--rankings", type=int, default=1_000_000)
    parser.add_argument("--labelers", type=int, default=40)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.child:
        _child(given.child, given.rankings, given.labelers)
        return
    found = {name: _in_a_process(name, given.rankings, given.labelers) for name in given.cases}
    headings = ("", "seconds", "processor s", "peak MB", "before MB", "tasks", "meetings", "one task more, ms")
    keys = ("seconds", "cpu_seconds", "peak_mb", "before_mb", "tasks", "meetings", "refresh_ms")
    report.say(report.table(headings, [(name, *(one[key] for key in keys)) for name, one in found.items()]))
    path = report.write("agreement", {**report.machine(), "rankings": given.rankings, "cases": found})
    report.say(str(path.relative_to(ROOT)))


def _in_a_process(name: str, rankings: int, labelers: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "agreement", "--child", name, "--rankings", f"{rankings}", "--labelers", f"{labelers}"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _child(name: str, rankings: int, labelers: int) -> None:
    import numpy as np

    from apps.quality.domain.report import report as whole_report
    from apps.quality.domain.table import judgments
    from apps.quality.domain.tally import tally

    columns = _columns(rankings, labelers, *CASES[name])
    before = _peak_mb()
    began, worked = time.perf_counter(), time.process_time()
    table = judgments(**columns)
    found = whole_report(table)
    answer = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - worked,
        "before_mb": before,
        "peak_mb": _peak_mb(),
        "tasks": found.overall.counts.tasks,
        "meetings": found.overall.counts.meetings,
        "agreement": found.overall.agreement.value,
        "sections": 1 + len(found.cohorts) + sum(map(len, found.groups.values())),
    }
    kept, one = tally(table), table.where(table.task == 0)
    began = time.perf_counter()
    again = kept - tally(one) + tally(one)
    answer["refresh_ms"] = 1000 * (time.perf_counter() - began)
    if again != kept or not np.isfinite(answer["agreement"]):
        raise RuntimeError("a tally that gave a task away and took it back is another one")
    report.say(json.dumps(answer))


def _columns(rankings: int, labelers: int, overlap: int, low: int, high: int) -> dict[str, Any]:
    """Labelers who see a planted utility through noise and in steps, so that some candidates are tied. Two prompts of three
    have one task, the third has the next one too. Overlap 0: 2 or 5, task by task."""
    import numpy as np

    rng = np.random.default_rng(6)
    per_task = rng.choice([2, 5], rankings) if overlap == 0 else np.full(rankings // overlap, overlap)
    per_task = per_task[np.cumsum(per_task) <= rankings]
    tasks = len(per_task)
    task = np.repeat(np.arange(tasks), per_task)
    place = np.arange(len(task)) - np.repeat(np.cumsum(per_task) - per_task, per_task)
    labeler = (np.repeat(rng.integers(0, labelers, tasks), per_task) + place) % labelers
    size = rng.integers(low, high + 1, tasks)
    utility = rng.normal(size=(tasks, high)).astype(np.float32)
    seen = np.rint(1.5 * (utility[task] + rng.normal(size=(len(task), high)).astype(np.float32))).astype(np.int8)
    there = np.arange(high) < size[task][:, None]
    tiers = np.zeros((len(task), high), np.int8)
    for value in range(int(seen.max()), int(seen.min()) - 1, -1):
        here = there & (seen == value)
        tiers[here] = (tiers.max(axis=1)[:, None] + np.zeros(high, np.int8))[here] + 1
    months = np.arange(len(task)) * 12 // len(task)
    return {
        "task": task, "labeler": labeler, "tiers": tiers, "prompt": task - (task % 3 == 2), "cohort": labeler >= labelers * 3 // 4,
        "groups": {"use case": task % 9, "month": months},
    }  # fmt: skip


def _peak_mb() -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
