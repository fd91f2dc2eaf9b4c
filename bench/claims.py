"""What lies behind a labeler, and what a claim costs then: pages touched with nothing behind, with tens of thousands of
own judgments on tasks that are still open for others, and with a head of the queue that others are meant for.

Pages are 8 kB buffers by PostgreSQL's own count. The first claim has no cursor and walks past what it may not take; the
next ones begin where that one stopped.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from bench.report import machine, say, table, write
from bench.stage import stage

OWN = 50_000
OTHERS = 10_000


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench claims", description=__doc__)
    parser.add_argument("--own", type=int, default=OWN)
    parser.add_argument("--others", type=int, default=OTHERS)
    options = parser.parse_args(argv)
    with stage():
        measured = _measure(options.own, options.others)
    rows = [[name, one["first"], one["next"]] for name, one in measured.items()]
    say("\n" + table(["pages a claim", "first", "next"], rows) + "\n")
    path = write("claims", {"own": options.own, "others": options.others, "machine": machine(), "measured": measured})
    say(f"{path.relative_to(path.parents[2])}")


def _measure(own: int, others: int) -> dict[str, dict[str, int]]:
    from bench.queue import make_project
    from tests.labeling.long_queue import fill, judge_all, settle

    project, labeler = make_project()
    fill(project, 100)
    settle()
    measured = {"nothing behind": _claims(labeler)}
    judged = f"{own:,} own judgments, overlap 5"
    _close(project)
    fill(project, own, required=5)
    judge_all(labeler)
    fill(project, 100)
    settle()
    measured[judged] = _claims(labeler)
    _close(project)
    for share in ({"sensitive": True}, {"cohort": "held-out"}, {"requires": ["language:xh"]}):
        fill(project, others // 3 + 1, **share)
    fill(project, 100)
    settle()
    measured[f"{others:,} for other people"] = _claims(labeler)
    return measured


def _close(project: Any) -> None:
    project.tasks.update(state="closed")


def _claims(labeler: Any, count: int = 20) -> dict[str, int]:
    """The first claim's pages, without a cursor, and the median of those after it."""
    from apps.labeling.models import QueueCursor

    QueueCursor.objects.all().delete()
    pages = [_claim(labeler) for _ in range(count)]
    return {"first": pages[0], "next": sorted(pages[1:])[count // 2]}


def _claim(labeler: Any) -> int:
    """One claim, given up for good: the next one looks on from there."""
    from apps.labeling.models import Assignment
    from apps.labeling.services.offer import offer
    from tests.labeling.long_queue import pages_touched

    found, pages = pages_touched(lambda: offer(member_id=labeler.pk, project_id=labeler.project_id, kind="demonstrate"))
    if found is None:
        raise RuntimeError("the queue ended too soon")
    Assignment.objects.filter(pk=found).update(state="skipped", lease_expires_at=None)
    return pages
