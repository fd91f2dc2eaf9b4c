"""Tasks a second into Label Studio and into this program, side by side: the same texts through each one's API.

K = 4, 2.2 kB a task. Both have their own PostgreSQL under the same settings and the same web server, and take turns, so
that both feel the same neighbours; medians of the rounds, and their ratio. Label Studio gets a JSON array, this program
the same texts as JSON lines, in requests of as many tasks.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bench.imports import fitted, line_of
from bench.load import Line, Refused
from bench.peer_labeler import project_of, task_of
from bench.peer_server import label_studio, peer_install
from bench.processes import parent_of, seconds_of, with_argument
from bench.report import machine, say, table, write
from bench.stage import stage
from bench.texts import Question, questions


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench peer_imports", description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000, help="tasks a request, one request a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    theirs = f"Label Studio {peer_install()}"
    pool, source = questions()
    found: dict[str, list[dict[str, float]]] = {"ours": [], theirs: []}
    with stage() as here:
        from django.db import connection

        from apps.accounts.models import User
        from apps.accounts.services import token_issue
        from bench.queue import make_project

        make_project()
        token = token_issue(actor=User.objects.get(email="manager@bench.local")).key
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            database = parent_of(cursor.fetchone()[0])
        with here.web() as address, label_studio(here.folder) as peer:
            web = with_argument(f"--bind=127.0.0.1:{urlsplit(address).port}")
            ours = Line(address, token, timeout=600, sends="application/x-ndjson")
            project = project_of(peer.line)
            for number in range(options.rounds + 1):  # the first warms both
                texts = _texts(pool, number, options.lines)
                lines = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in texts)
                one = _timed(ours, "/api/v1/projects/bench/imports/", lines, 200, (web, database), options.lines)
                tasks = json.dumps([task_of(line) for line in texts], ensure_ascii=False).encode()
                other = _timed(
                    peer.line, f"/api/projects/{project}/import", tasks, 201, (peer.web, peer.database), options.lines
                )
                if number:
                    found["ours"].append(one)
                    found[theirs].append(other)
    _report(found, {"lines": options.lines, "rounds": options.rounds, "texts": source})


def _texts(pool: Sequence[Question], number: int, lines: int) -> list[dict[str, Any]]:
    """What no other round has."""
    return [line_of(fitted(pool[at % len(pool)]), f"round {number} task {at}") for at in range(lines)]


def _timed(line: Line, path: str, body: bytes, expected: int, trees: tuple[int, int], lines: int) -> dict[str, float]:
    before = sum(map(seconds_of, trees))
    answer = line.post(path, body)
    if answer.status != expected:
        raise Refused(f"{path}: {answer.status} {answer.body[:500]!r}")
    cpu = sum(map(seconds_of, trees)) - before
    return {"tasks_per_second": lines / answer.seconds, "cpu_us_per_task": 1e6 * cpu / lines}


def _report(found: dict[str, list[dict[str, float]]], given: dict[str, Any]) -> None:
    medians = {
        name: {what: statistics.median(one[what] for one in rounds) for what in rounds[0]}
        for name, rounds in found.items()
    }
    ours, theirs = medians.values()
    rows = [[what, ours[what], theirs[what], ours[what] / theirs[what]] for what in ours]
    say("\n" + table(["import", *medians, "ratio"], rows) + "\n")
    at = machine()
    say(f"load average {at['load_average']}, a million turns of a loop {at['loop_ms']} ms")
    path = write("peer_imports", given | {"machine": at, "medians": medians, "rounds": found})
    say(str(path.relative_to(path.parents[2])))
