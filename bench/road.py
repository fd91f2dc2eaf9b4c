"""What a ranked prompt costs through the public API, and how long labelers wait: claim and submit, ratings and flags included.

Real texts, tokens, permissions, middleware and audit, against the web server that the demo starts and a PostgreSQL that
keeps its promises. Costs are processor time (user and system) of the web server's processes and of all of PostgreSQL's,
its background work included, by the kernel's count: medians of several windows of one labeler. The program that asks
shares the processors; its own time is not in the costs but shown, for it takes from what 32 labelers can be given.
"""

import argparse
import resource
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from bench.load import Labeler, Line, QueueEmpty
from bench.processes import parent_of, seconds_of, with_argument
from bench.report import machine, percentile, say, table, write
from bench.stage import Stage, stage
from bench.texts import questions

SIZES = (10_000, 100_000, 1_000_000)
CROWD = 32


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench road", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=300, help="ranked prompts a window")
    parser.add_argument("--seconds", type=float, default=5.0, help="of the crowd, for each way")
    options = parser.parse_args(argv)
    measured = []
    with stage() as here:
        for size in options.sizes:
            try:
                measured.append(_at(here, size, options))
            except QueueEmpty as ended:
                raise SystemExit(f"{size:,} open tasks: {ended}.") from None
            _show(measured[-1:])
    _show(measured)
    path = write("road", {"labelers": CROWD, "machine": machine(), "measured": measured})
    say(f"{path.relative_to(path.parents[2])}")


def _at(here: Stage, size: int, options: argparse.Namespace) -> dict[str, Any]:
    """One length of the queue, in an empty database."""
    from django.db import connection

    from bench.queue import empty, fill, make_project

    pool, source = questions()
    empty()
    say(f"{size:,} open tasks ({source}) ...")
    project, _ = make_project()
    fill(project, pool, tasks=size, overlap=0)
    tokens = crowd(project, CROWD + 1)
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_backend_pid()")
        database = parent_of(cursor.fetchone()[0])
    here.env["RATE_HOT"] = "0"
    with here.web() as address:
        web = with_argument(f"--bind=127.0.0.1:{urlsplit(address).port}")
        labelers = [Labeler(Line(address, token), project.slug) for token in tokens]
        _warm(labelers)
        alone = {
            name: _alone(labelers[0], way, web, database, options)
            for name, way in (("claim and submit", Labeler.one), ("submit with next", Labeler.one_with_next))
        }
        labelers[0].held = None
        together = {
            name: _together(labelers[1:], way, options.seconds)
            for name, way in (("claim and submit", Labeler.one), ("submit with next", Labeler.one_with_next))
        }
    return {"tasks": size, "alone": alone, "together": together, "machine": machine()}


def crowd(project: Any, count: int) -> list[str]:
    """Tokens of that many labelers."""
    from apps.accounts.services import token_issue
    from apps.projects.models import Membership
    from apps.projects.services import member_add

    boss = Membership.objects.get(project=project, role="manager").user
    members = [
        member_add(
            actor=boss, project=project, email=f"crowd{number}@bench.local", role="labeler",
            password="only for benchmarks", status="active",
        )
        for number in range(count)
    ]  # fmt: skip
    return [token_issue(actor=member.user).key for member in members]


def _warm(labelers: Sequence[Labeler]) -> None:
    """Every thread of every process has its connection and its plans."""
    with ThreadPoolExecutor(len(labelers)) as threads:
        list(threads.map(lambda labeler: [labeler.one() for _ in range(12)], labelers))


def _alone(
    labeler: Labeler, way: Callable[[Labeler], None], web: int, database: int, options: argparse.Namespace
) -> dict[str, float]:
    """Milliseconds a ranked prompt of one labeler: medians of the windows."""
    windows = []
    way(labeler)
    for _ in range(options.windows):
        labeler.forget()
        before, start = (seconds_of(web), seconds_of(database)), time.perf_counter()
        for _ in range(options.prompts):
            way(labeler)
        taken = time.perf_counter() - start
        after = (seconds_of(web), seconds_of(database))
        cost = [1000 * (late - early) / options.prompts for early, late in zip(before, after, strict=True)]
        windows.append((*cost, sum(cost), 1000 * taken / options.prompts))
    names = ("web", "database", "cpu", "wall")
    found = {name: statistics.median(one[at] for one in windows) for at, name in enumerate(names)}
    return found | {"cpu_low": min(one[2] for one in windows), "cpu_high": max(one[2] for one in windows)}


def _together(labelers: Sequence[Labeler], way: Callable[[Labeler], None], seconds: float) -> dict[str, float]:
    """Waits in milliseconds, and ranked prompts a second, of a crowd that does not think. Where the queue ends before
    the time, the rate is that of the time until then (`queue_ended_after`)."""
    for labeler in labelers:
        labeler.forget()
    empty = threading.Event()
    own, start = _own(), time.monotonic()
    with ThreadPoolExecutor(len(labelers)) as threads:
        done = sum(threads.map(lambda labeler: _repeated(labeler, way, start + seconds, empty), labelers))
    taken = time.monotonic() - start
    found = {"prompts_per_second": done / taken, "asking_share": (_own() - own) / taken}
    if empty.is_set():
        found["queue_ended_after"] = taken
        say(
            f"the queue ended after {taken:.1f} s and {done:,} prompts: the rate is of these; fewer --seconds leave some"
        )
    waits = {"claim": [one for each in labelers for one in each.claims]}
    waits["submit"] = [one for each in labelers for one in each.submits]
    for name, values in waits.items():
        if values:
            found |= {f"{name}_{share:.0%}": 1000 * percentile(values, share) for share in (0.5, 0.95)}
    return found


def _repeated(labeler: Labeler, way: Callable[[Labeler], None], until: float, empty: threading.Event) -> int:
    """How often it was done before that time, or before anybody found the queue empty."""
    count = 0
    while time.monotonic() < until and not empty.is_set():
        try:
            way(labeler)
        except QueueEmpty:
            empty.set()
            break
        count += 1
    return count


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _show(measured: Sequence[dict[str, Any]]) -> None:
    say("")
    rows = [
        [
            f"{one['tasks']:,} {way}",
            *(found[name] for name in ("web", "database", "cpu", "cpu_low", "cpu_high", "wall")),
        ]
        for one in measured
        for way, found in one["alone"].items()
    ]
    say(table(["ms a prompt, one labeler", "web", "database", "both", "lowest", "highest", "wall"], rows) + "\n")
    rows = [
        [
            f"{one['tasks']:,} {way}",
            found["prompts_per_second"],
            *(found.get(name, "") for name in ("claim_50%", "claim_95%", "submit_50%", "submit_95%")),
            100 * found["asking_share"],
        ]
        for one in measured
        for way, found in one["together"].items()
    ]
    headings = ["ms, 32 labelers", "prompts/s", "claim p50", "p95", "submit p50", "p95", "asking takes %"]
    say(table(headings, rows) + "\n")
    say(f"load average {measured[-1]['machine']['load_average']}\n")
