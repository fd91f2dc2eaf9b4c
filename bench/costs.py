"""What a claim, a submit and a room cost the database while the queue grows: statements and pages touched.

Pages are 8 kB buffers by PostgreSQL's own count. The claim, the submit and the room must not grow; the table shows
whether they do.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from bench.report import machine, say, table, write
from bench.stage import stage
from bench.texts import questions

SIZES = (1_000, 10_000, 100_000)
JUDGED = 1_000


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench costs", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--judged", type=int, default=JUDGED)
    options = parser.parse_args(argv)
    with stage():
        measured = [_at(size, options.judged) for size in options.sizes]
    names = list(measured[0]["costs"])
    say("")
    for what in ("statements", "pages"):
        rows = [[f"{one['tasks']:,} tasks", *(one["costs"][name][what] for name in names)] for one in measured]
        say(table([what, *names], rows) + "\n")
    path = write("costs", {"judged": options.judged, "machine": machine(), "measured": measured})
    say(f"{path.relative_to(path.parents[2])}")


def _at(size: int, judged: int) -> dict[str, Any]:
    """The costs at one length of the queue, in a project of its own."""
    from django.db import connection

    from bench.queue import empty, fill, judge, make_project

    empty()
    pool, source = questions()
    say(f"{size:,} tasks ({source}) ...")
    project, labeler = make_project()
    fill(project, pool, tasks=size + judged, overlap=judged)
    judge(labeler, judged)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"tasks": size, "costs": _journey(labeler)}


def _journey(labeler: Any) -> dict[str, dict[str, int]]:
    """The costs of what a labeler does, in that order, through the pages."""
    from django.test import Client

    from apps.labeling.models import Assignment

    client = Client()
    client.force_login(labeler.user, backend="django.contrib.auth.backends.ModelBackend")
    tiers = {f"tier-{letter}": str(1 + at) for at, letter in enumerate("ABCD")}
    htmx = {"HX-Request": "true"}

    def room() -> str:
        return f"/work/{Assignment.objects.get(membership=labeler, state='leased').uid}/"

    client.get("/p/bench/work/")  # whatever is only done once
    costs = {}
    _, costs["work page"] = cost_of(lambda: client.get("/p/bench/work/"))
    _, costs["claim"] = cost_of(lambda: client.post("/p/bench/work/", {"kind": "rank"}))
    here = room()
    _, costs["open the room"] = cost_of(lambda: client.get(here))
    _, costs["submit, room with it"] = cost_of(lambda: client.post(f"{here}submit/", tiers, headers=htmx))
    here = room()
    answer, costs["fetch ahead"] = cost_of(lambda: client.post(f"{here}ahead/"))
    sent = tiers | {"ahead": answer.headers["X-Ahead"]}
    answer, costs["submit, room there"] = cost_of(lambda: client.post(f"{here}submit/", sent, headers=htmx))
    if answer.headers.get("X-Ahead") != sent["ahead"]:
        raise RuntimeError("the room that was fetched ahead was not the next")
    return costs


def cost_of(act: Callable[[], Any]) -> tuple[Any, dict[str, int]]:
    """The answer, how many statements it took, and the pages that they touched by the server's own count."""
    from django.db import connection

    statements = 0

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(sql, params, many, context)

    before = _pages()
    with connection.execute_wrapper(count):
        answer = act()
    if answer.status_code >= 400:
        raise RuntimeError(f"{answer.status_code}: {answer.content[:300]!r}")
    return answer, {"statements": statements, "pages": _pages() - before}


def _pages() -> int:
    """Pages that this database's sessions touched so far, those that were still being counted included."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
