"""Is anything ever wrong? Labelers work over HTTP while web processes are killed, leases lapse and tabs collide.

First a long queue, from which everybody can always take something; then a short one, until everybody was told that nothing
is left. Whatever must never happen is counted in the database afterwards, and in what the labelers were answered.
"""

import argparse
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bench.processes import tree_of, with_argument
from bench.report import machine, say, table, write
from bench.road import CROWD, crowd
from bench.soak_labeler import Ledger, Worker
from bench.stage import Stage, stage
from bench.texts import questions

TABS = 8  # labelers who work in two windows at once
SHORT_QUEUE = 400


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--operations", type=int, default=1_000_000, help="whichever comes first")
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument(
        "--kill-every", type=float, nargs=2, metavar=("LEAST", "MOST"), default=(5.0, 12.0),
        help="seconds between kills; every new process takes a few from the others",
    )  # fmt: skip
    options = parser.parse_args(argv)
    with stage() as here:
        result = _soak(here, options)
    path = write("soak", result | {"labelers": CROWD, "windows": CROWD + TABS, "machine": machine()})
    say(f"{path.relative_to(path.parents[2])}")


def _soak(here: Stage, options: argparse.Namespace) -> dict[str, Any]:
    from bench.queue import fill, make_project

    pool, source = questions()
    say(f"{options.tasks:,} tasks ({source}) ...")
    project, _ = make_project()
    fill(project, pool, tasks=options.tasks, overlap=options.tasks // 5)
    tokens = crowd(project, CROWD)
    seats = list(zip(tokens, _sessions(project), strict=True))
    here.env["RATE_HOT"] = here.env["RATE_WRITE"] = here.env["RATE_READ"] = "0"
    phases = {}
    with here.web() as address:
        workers = [Worker(address, *seat, project.slug, seed) for seed, seat in enumerate([*seats, *seats[:TABS]])]
        long = Ledger(stop_at=time.monotonic() + 60 * options.minutes, operations=options.operations, ends=False)
        killed = _run(workers, long, address, kill_every=options.kill_every)
        phases["long queue"] = _phase(long, killed)
        _short_queue(project)
        short = Ledger(stop_at=time.monotonic() + 300, operations=options.operations, ends=True)
        killed = _run(workers, short, address)
        phases["short queue"] = _phase(short, killed)
    _show(phases)
    return {"phases": phases}


def _sessions(project: Any) -> list[str]:
    """What the crowd's browsers hold, in the order of its tokens."""
    from django.test import Client

    from apps.accounts.models import User

    found = []
    for number in range(CROWD):
        client = Client()
        user = User.objects.get(email=f"crowd{number}@bench.local")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        found.append(client.cookies["sessionid"].value)
    return found


def _short_queue(project: Any) -> None:
    """Some tasks for several labelers, and nothing else to take."""
    from apps.labeling.models import Task
    from apps.labeling.services.leases import leases_reap

    leases_reap()
    untouched = Task.objects.filter(project=project, assignments=None)
    kept = list(untouched.order_by("-id").values_list("pk", flat=True)[:SHORT_QUEUE])
    Task.objects.filter(project=project).exclude(pk__in=kept).update(state=Task.State.CLOSED)
    Task.objects.filter(pk__in=kept).update(required=3, open_slots=3)


def _run(workers: Sequence[Worker], ledger: Ledger, address: str, kill_every: tuple[float, float] | None = None) -> int:
    """Everybody works until the ledger says so, in trouble if `kill_every`. Returns how many web processes were killed."""
    over = threading.Event()
    threads = [threading.Thread(target=worker.work, args=(ledger,)) for worker in workers]
    killed: list[int] = []
    trouble = [
        threading.Thread(target=_kill_web_processes, args=(address, kill_every, over, killed)),
        threading.Thread(target=_let_leases_lapse, args=(over,)),
    ]
    for thread in [*threads, *(trouble if kill_every else [])]:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    for thread in trouble if kill_every else []:
        thread.join()
    return len(killed)


def _kill_web_processes(address: str, every: tuple[float, float], over: threading.Event, killed: list[int]) -> None:
    """kill -9 for one of the server's processes, in the middle of whatever it does; its parent starts another."""
    chance = random.Random(5)
    master = with_argument(f"--bind=127.0.0.1:{urlsplit(address).port}")
    while not over.wait(chance.uniform(*every)):
        victims = sorted(tree_of(master) - {master})
        if len(victims) > 1:  # one at least goes on answering
            victim = chance.choice(victims)
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)


def _let_leases_lapse(over: threading.Event) -> None:
    """Minutes are long: some leases and reservations end now, and the reaper comes as beat would ring it."""
    from django.db import connection

    from apps.labeling.services.leases import leases_reap

    while not over.wait(1.0):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE labeling_assignment SET lease_expires_at = statement_timestamp() - interval '1 second'"
                " WHERE id IN (SELECT id FROM labeling_assignment WHERE state IN ('leased', 'reserved')"
                " ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED)"
            )
        leases_reap()
    connection.close()


def _phase(ledger: Ledger, killed: int) -> dict[str, Any]:
    from apps.labeling.services.leases import leases_reap
    from bench.soak_checks import wrongs

    leases_reap()
    return {
        "operations": ledger.done, "seconds": round(ledger.seconds, 1), "web processes killed": killed,
        "answers cut off": ledger.cut, "told nothing left": ledger.nothing_left, "judgments confirmed": len(ledger.confirmed),
        "wrong": wrongs(ledger), "answers": dict(sorted(ledger.answers.items())),
    }  # fmt: skip


def _show(phases: dict[str, dict[str, Any]]) -> None:
    facts = [name for name in next(iter(phases.values())) if name not in ("wrong", "answers")]
    say("\n" + table(["", *phases], [[name, *(one[name] for one in phases.values())] for name in facts]))
    kinds = next(iter(phases.values()))["wrong"]
    say("\n" + table(["wrong", *phases], [[kind, *(one["wrong"][kind] for one in phases.values())] for kind in kinds]))
    total: Counter[str] = Counter()
    for one in phases.values():
        total.update(one["answers"])
    say("\n" + table(["answers", "times"], sorted(total.items())) + "\n")
