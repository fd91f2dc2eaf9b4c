"""Label Studio, installed in an environment of its own and served as this program is: what it is compared with."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import Line
from bench.peer_postgres import USER, system_postgres
from bench.report import say
from bench.stage import DURABLE, ROOT
from launcher.ports import LOOPBACK, pick_free

HOME = ROOT / "var" / "bench" / "label-studio"
PACKAGES = ("label-studio==1.23.0", "gunicorn")
TOKEN = "0123456789abcdef0123456789abcdef01234567"  # of a user who exists only in this benchmark
PATIENCE = 300.0


@dataclass(frozen=True)
class Peer:
    """A line to it with a token, and the processes whose time counts."""

    line: Line
    web: int
    database: int


def peer_install() -> str:
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


@contextmanager
def label_studio(folder: Path) -> Iterator[Peer]:
    """With its migrations done and a user with a token."""
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
                yield Peer(line, web.pid, server.pid)
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
