"""A ranked prompt in Label Studio and in this program, side by side: the next task and a submit, ratings and flags included.

Both with the same tasks, each with its own PostgreSQL under the same settings (Label Studio's is the system's, because it
asks for an extension that the bundled one has not), behind gunicorn with two processes of four threads, asked by the same
program with a token. Windows of one take turns with windows of the other, so
that both feel the same neighbours; costs are processor time of web and database, medians, and the ratio of the medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.load import Labeler, Line
from bench.peer_labeler import PeerLabeler, project_of, tasks_of
from bench.peer_postgres import USER, system_postgres
from bench.processes import parent_of, seconds_of, with_argument
from bench.report import machine, percentile, say, table, write
from bench.road import crowd
from bench.stage import DURABLE, ROOT, Stage, stage
from bench.texts import Question, questions
from launcher.ports import LOOPBACK, pick_free

HOME = ROOT / "var" / "bench" / "label-studio"
PACKAGES = ("label-studio==1.23.0", "gunicorn")
TOKEN = "0123456789abcdef0123456789abcdef01234567"  # of a user who exists only in this benchmark
PATIENCE = 300.0


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench peer", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=60, help="ranked prompts a window")
    options = parser.parse_args(argv)
    version = _install()
    pool, source = questions()
    with stage() as here:
        say(f"{options.tasks:,} tasks ({source}) in each ...")
        with _ours(here, pool, options.tasks) as ours, _label_studio(here.folder, pool, options.tasks) as theirs:
            windows = _take_turns({**ours, f"Label Studio {version}": theirs}, options)
    _report(windows, {"tasks": options.tasks, "windows": options.windows, "prompts": options.prompts, "texts": source})


def _install() -> str:
    """An environment of its own, made once; pip's usual settings are honoured."""
    python = HOME / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
    asked = [str(python), "-c", "from importlib.metadata import version as v; v('gunicorn'); print(v('label-studio'))"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    if found.returncode:
        say("installing Label Studio for the comparison ...")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        found = subprocess.run(asked, capture_output=True, text=True, check=True)
    return found.stdout.strip()


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
def _label_studio(folder: Path, pool: Sequence[Question], tasks: int) -> Iterator[Side]:
    """With its migrations done, a user with a token, a project and the same texts, imported through its API."""
    state = folder / "label-studio"
    state.mkdir()
    state.chmod(0o711)
    folder.chmod(0o711)
    with system_postgres(state, DURABLE) as server:
        port = pick_free()
        env = {
            "PATH": os.environ["PATH"], "HOME": str(state), "LABEL_STUDIO_BASE_DATA_DIR": str(state / "files"),
            "DJANGO_DB": "default", "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
            "POSTGRE_NAME": USER, "POSTGRE_USER": USER, "POSTGRE_PASSWORD": "", "POSTGRE_HOST": LOOPBACK,
            "POSTGRE_PORT": str(server.port),
            "LABEL_STUDIO_HOST": f"http://{LOOPBACK}:{port}", "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "LABEL_STUDIO_USERNAME": "peer@bench.local", "LABEL_STUDIO_PASSWORD": "only-for-benchmarks",
            "LABEL_STUDIO_USER_TOKEN": TOKEN, "COLLECT_ANALYTICS": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
            "LATEST_VERSION_CHECK": "false", "LOG_LEVEL": "ERROR", "DEBUG": "false",
        }  # fmt: skip
        code = next(HOME.glob("lib/python*/site-packages/label_studio"))
        python = str(HOME / "bin" / "python")
        with (folder / "label-studio.log").open("wb") as log:

            def run(*words: str, **more: Any) -> Any:
                return subprocess.Popen([python, *words], cwd=code, env=env, stdout=log, stderr=log, **more)

            for words in (("manage.py", "migrate", "-v0"), ("-c", _USER)):
                if run(*words).wait():
                    raise RuntimeError((folder / "label-studio.log").read_text()[-3_000:])
            bind = f"--bind={LOOPBACK}:{port}"
            web = run(
                "-m", "gunicorn", "core.wsgi:application", bind, "--worker-class=gthread", "--workers=2", "--threads=4"
            )
            try:
                line = Line(f"http://{LOOPBACK}:{port}", TOKEN, timeout=PATIENCE)
                _wait(line)
                project = project_of(line)
                tasks_of(line, project, pool, tasks)
                labeler = PeerLabeler(line, project)
                yield Side(labeler, labeler.one, web.pid, server.pid)
            finally:
                web.terminate()
                web.wait(20)


# What `label-studio start --username ... --user-token ...` does before it serves.
_USER = """
import os, django
django.setup()
from organizations.models import Organization
from rest_framework.authtoken.models import Token
from users.models import User
user = User.objects.create_user(email=os.environ["LABEL_STUDIO_USERNAME"], password=os.environ["LABEL_STUDIO_PASSWORD"])
organization = Organization.create_organization(created_by=user, title="Bench")
user.active_organization = organization
user.save()
settings = getattr(organization, "jwt", None)
if settings is not None:
    settings.legacy_api_tokens_enabled = True
    settings.save()
Token.objects.filter(user=user).delete()
Token.objects.create(user=user, key=os.environ["LABEL_STUDIO_USER_TOKEN"])
"""


def _wait(line: Line) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if line.get("/health").status == 200:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("Label Studio does not answer")
        time.sleep(0.5)


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
