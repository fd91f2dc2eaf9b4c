"""Prompts a second into a fresh database, through the service and through the real server, and the memory it takes.

Lines of about 2.2 kB: a conversation and K = 4 replies. The floor is a COPY of the same bytes into tables without keys,
checks or indexes: what no import can be quicker than. Each way takes turns with the others; medians of the rounds.
"""

import argparse
import gzip
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.report import machine, say, table, write
from bench.stage import ROOT, Stage, stage
from bench.texts import K, Question, questions

BYTES = 2200
WAYS = ("jsonl", "gzip", "parquet", "again", "http", "floor")


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench imports", description=__doc__)
    parser.add_argument("--lines", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    options = parser.parse_args(argv)
    pool, source = questions()
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in options.ways}
    with stage() as here:
        from bench.queue import make_project

        project, _ = make_project()
        for number in range(options.rounds):
            for way, measured in _round(here, project, pool, number, options):
                taken[way].append(measured)
    report(taken, {"lines": options.lines, "rounds": options.rounds, "texts": source})


def _round(
    here: Stage, project: Any, pool: Sequence[Question], number: int, options: argparse.Namespace
) -> Iterator[tuple[str, dict[str, float]]]:
    files = Files(here.folder, pool, options.lines, number)
    for way in options.ways:
        if way == "floor":
            yield way, _floor(files.write("jsonl", way))
        elif way == "http":
            yield way, _http(here, project, files.write("jsonl", way))
        elif way == "again":
            path = files.write("jsonl", way)
            _command(here, path)
            yield way, _command(here, path)
        else:
            yield way, _command(here, files.write(way, way))


class Files:
    """Files of lines that no other file has: what is in already would be quicker."""

    def __init__(self, folder: Path, pool: Sequence[Question], lines: int, number: int) -> None:
        self._folder, self._lines, self._number = folder, lines, number
        self._pool = [fitted(question) for question in pool]

    def write(self, kind: str, way: str) -> Path:
        mark = f"{way} {self._number}"
        rows = (line_of(self._pool[at % len(self._pool)], f"{mark} {at}") for at in range(self._lines))
        path = self._folder / f"{way}-{self._number}.{'jsonl.gz' if kind == 'gzip' else kind}"
        if kind == "parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(list(rows)), path)
        elif kind == "gzip":
            with gzip.open(path, "wb", compresslevel=6) as packed:
                packed.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        else:
            with path.open("wb") as file:
                file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        return path


def fitted(question: Question) -> Question:
    """The question with its texts cut or repeated so that its line has about BYTES."""
    room = BYTES - 300
    texts = [message["content"] for message in question.messages[-1:]] + question.replies
    share = room // len(texts)
    cut = [(text + " ") * (1 + share // (len(text) + 1)) for text in texts]
    cut = [text.encode()[:share].decode(errors="ignore") for text in cut]
    return Question([{"role": "user", "content": cut[0]}], cut[1:])


def line_of(question: Question, mark: str) -> dict[str, Any]:
    return {
        "prompt_id": mark,
        "messages": [{"role": "user", "content": f"[{mark}] {question.messages[0]['content']}"}],
        "completions": [
            {"model": f"model-{letter}", "text": f"{mark} {reply}"}
            for letter, reply in zip("abcd", question.replies, strict=True)
        ],
        "use_case": "chat",
    }


def _command(here: Stage, path: Path) -> dict[str, float]:
    """The time that the command says its import took: starting Python and Django is not it."""
    command = [sys.executable, "-c", _RUN, str(path)]
    done = subprocess.run(command, cwd=ROOT, env=here.env, check=True, capture_output=True, text=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


# A process of its own, so that its memory is its own.
_RUN = """
import io, json, resource, sys, time
from pathlib import Path
import django
django.setup()
from apps.imports.domain.upload import kind_of_file
from apps.imports.readers import stream_chunks
from apps.imports.services.create import import_here
from apps.projects.models import Project
path, project = Path(sys.argv[1]), Project.objects.get(slug="bench")
kind = kind_of_file(filename=path.name)
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.monotonic()
with path.open("rb") as file:
    done = import_here(actor=None, project=project, chunks=stream_chunks(file), format=kind.format, gzipped=kind.gzipped,
                       filename=path.name, size=path.stat().st_size, from_disk=True)
seconds = time.monotonic() - start
after = resource.getrusage(resource.RUSAGE_SELF)
# Not ru_maxrss: a process is born with that of the one that started it.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
assert done.state == "done" and not done.errors_total, (done.state, done.error)
assert done.tasks_created + done.duplicates == done.lines
print(json.dumps({"seconds": seconds, "lines": done.lines, "mb": peak / 1024,
                  "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}))
"""


def _http(here: Stage, project: Any, path: Path) -> dict[str, float]:
    """The upload and all of its work: parts below the size that a worker would take."""
    from apps.accounts.models import User
    from apps.accounts.services import token_issue

    token = token_issue(actor=User.objects.get(email="manager@bench.local")).key
    with here.web() as address:
        where = urlsplit(address)
        start, lines = time.monotonic(), 0
        for part in _parts(path):
            connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=600)
            connection.request(
                "POST", "/api/v1/projects/bench/imports/", part,
                {"Content-Type": "application/x-ndjson", "Authorization": f"Token {token}"},
            )  # fmt: skip
            answer = connection.getresponse()
            said = json.loads(answer.read())
            if answer.status != 200 or said["errors_total"]:
                raise RuntimeError(f"{answer.status}: {said}")
            lines += said["tasks_created"]
            connection.close()
        return {"seconds": time.monotonic() - start, "lines": lines}


def _parts(path: Path, size: int = 40 * 1024 * 1024) -> Iterator[bytes]:
    with path.open("rb") as file:
        while lines := file.readlines(size):
            yield b"".join(lines)


def _floor(path: Path) -> dict[str, float]:
    """COPY of the same values into bare tables of the same columns, made beforehand."""
    from django.db import connection

    from apps.core import copy

    prompts, completions = [], []
    with path.open("rb") as file:
        for number, raw in enumerate(file):
            line = json.loads(raw)
            key, messages = copy.bigint(number), json.dumps(line["messages"], ensure_ascii=False)
            prompts.append(copy.row_of(key, copy.text(messages)))
            completions += [
                copy.row_of(key, copy.text(one["text"]), copy.text(one["model"])) for one in line["completions"]
            ]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor_prompt (id bigint, messages text)")
        cursor.execute("CREATE TABLE floor_completion (prompt_id bigint, body text, model text)")
        start = time.monotonic()
        cursor.copy_expert("COPY floor_prompt FROM STDIN (FORMAT binary)", copy._Pieces(prompts), 256 * 1024)
        cursor.copy_expert("COPY floor_completion FROM STDIN (FORMAT binary)", copy._Pieces(completions), 256 * 1024)
        seconds = time.monotonic() - start
        cursor.execute("DROP TABLE floor_prompt, floor_completion")
    return {"seconds": seconds, "lines": len(prompts)}


def report(taken: dict[str, list[dict[str, float]]], given: dict[str, Any]) -> None:
    rows, measured = [], {}
    for way, rounds in taken.items():
        rate = statistics.median(one["lines"] / one["seconds"] for one in rounds)
        memory = max((one.get("mb", 0) for one in rounds), default=0)
        cpu = statistics.median(1e6 * one.get("cpu", 0) / one["lines"] for one in rounds)
        measured[way] = {"lines_per_second": rate, "peak_mb": memory, "python_us_per_line": cpu, "rounds": rounds}
        rows.append([way, f"{rate:,.0f}", f"{memory:,.0f}" if memory else "", f"{cpu:,.0f}" if cpu else ""])
    say("\n" + table([f"import, K = {K}", "lines/s", "peak MB", "Python us/line"], rows) + "\n")
    load = os.getloadavg()
    path = write("imports", {**given, "machine": machine(), "load": load, "measured": measured})
    say(f"load {load[0]:.1f}; {path.relative_to(path.parents[2])}")
