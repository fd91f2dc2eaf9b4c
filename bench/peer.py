"""A ranked prompt in Label Studio and in this program, side by side: the next task and a submit, ratings and flags included.

Both with the same tasks, each with its own PostgreSQL under the same settings (Label Studio's is the system's, because it
asks for an extension that the bundled one has not), behind gunicorn with two processes of four threads, asked by the same
program with a token. Windows of one take turns with windows of the other, so
that both feel the same neighbours; costs are processor time of web and database, medians, and the ratio of the medians.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.load import Labeler, Line
from bench.peer_labeler import PeerLabeler, project_of, tasks_of
from bench.peer_server import label_studio, peer_install
from bench.processes import parent_of, seconds_of, with_argument
from bench.report import machine, percentile, say, table, write
from bench.road import crowd
from bench.stage import Stage, stage
from bench.texts import Question, questions


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench peer", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=60, help="ranked prompts a window")
    options = parser.parse_args(argv)
    version = peer_install()
    pool, source = questions()
    with stage() as here:
        say(f"{options.tasks:,} tasks ({source}) in each ...")
        with _ours(here, pool, options.tasks) as ours, _theirs(here.folder, pool, options.tasks) as theirs:
            windows = _take_turns({**ours, f"Label Studio {version}": theirs}, options)
    _report(windows, {"tasks": options.tasks, "windows": options.windows, "prompts": options.prompts, "texts": source})


class Side:
    """One way to a ranked prompt: who goes it, and whose processor time counts."""

    def __init__(self, labeler: Any, way: Callable[[], None], web: int, database: int) -> None:
        self.labeler, self.way, self._trees = labeler, way, (web, database)

    def window(self, prompts: int) -> dict[str, float]:
        self.way()
        self.labeler.forget()
        before, start = [seconds_of(tree) for tree in self._trees], time.perf_counter()
        for _ in range(prompts):
            self.way()
        taken = time.perf_counter() - start
        after = [seconds_of(tree) for tree in self._trees]
        web, database = (1000 * (late - early) / prompts for early, late in zip(before, after, strict=True))
        return {
            "web": web, "database": database, "cpu": web + database, "wall": 1000 * taken / prompts,
            "next_95%": 1000 * percentile(self.labeler.claims, 0.95) if self.labeler.claims else 0.0,
            "submit_95%": 1000 * percentile(self.labeler.submits, 0.95),
        }  # fmt: skip


def _take_turns(sides: dict[str, Side], options: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    for side in sides.values():
        for _ in range(20):  # connections, plans, caches
            side.way()
    windows: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(options.windows):
        for name, side in sides.items():
            windows[name].append(side.window(options.prompts))
    return windows


@contextmanager
def _ours(here: Stage, pool: Sequence[Question], tasks: int) -> Iterator[dict[str, Side]]:
    from django.db import connection

    from bench.queue import fill, make_project

    project, _ = make_project()
    fill(project, pool, tasks=tasks, overlap=0)
    tokens = crowd(project, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        database = parent_of(cursor.fetchone()[0])
    here.env["RATE_HOT"] = "0"
    with here.web() as address:
        web = with_argument(f"--bind=127.0.0.1:{urlsplit(address).port}")
        plain, quick = (Labeler(Line(address, token), project.slug) for token in tokens)
        yield {
            "claim, submit": Side(plain, plain.one, web, database),
            "submit with next": Side(quick, quick.one_with_next, web, database),
        }


@contextmanager
def _theirs(folder: Path, pool: Sequence[Question], tasks: int) -> Iterator[Side]:
    """A project with the same texts, imported through its API."""
    with label_studio(folder) as peer:
        project = project_of(peer.line)
        tasks_of(peer.line, project, pool, tasks)
        labeler = PeerLabeler(peer.line, project)
        yield Side(labeler, labeler.one, peer.web, peer.database)


def _report(windows: dict[str, list[dict[str, float]]], given: dict[str, Any]) -> None:
    medians = {
        name: {what: statistics.median(one[what] for one in found) for what in found[0]}
        for name, found in windows.items()
    }
    *ours, theirs = medians.values()
    ratios = {
        name: {what: theirs[what] / one[what] for what in one if one[what]}
        for name, one in zip(medians, ours, strict=False)
    }
    names = {"web": "CPU web", "database": "CPU database", "cpu": "CPU both", "wall": "next + submit",
             "next_95%": "next p95", "submit_95%": "submit p95"}  # fmt: skip
    rows = [
        [label, *(one[what] for one in medians.values()), *(one.get(what, "") for one in ratios.values())]
        for what, label in names.items()
    ]
    say("\n" + table(["ms a ranked prompt", *medians, *(f"times {name}" for name in ratios)], rows) + "\n")
    at = machine()
    say(f"load average {at['load_average']}, a million turns of a loop {at['loop_ms']} ms")
    path = write("peer", given | {"machine": at, "medians": medians, "ratios": ratios, "windows": windows})
    say(json.dumps(str(path.relative_to(path.parents[2]))).strip('"'))
