"""What a running demo's programs were given, for commands that are typed beside it.

    .venv/bin/python manage.py run_loop demo --wait

The file holds secrets: only its owner reads it, and it goes when the demo stops.
"""

import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = Path("var") / "run" / "environment.json"
NAMES = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEMO", "ALLOWED_HOSTS", "ARTIFACT_ROOT")


@contextmanager
def published(env: Mapping[str, str], file: Path) -> Iterator[None]:
    """The environment in `file` while the block runs."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump({name: env[name] for name in NAMES}, out)
    new.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def join(environ: MutableMapping[str, str], root: Path = ROOT) -> bool:
    """Take on the running demo's environment, unless this one names a database of its own."""
    if "DATABASE_URL" in environ or "SECRET_KEY" in environ:
        return False
    try:
        given = json.loads((root / FILE).read_text())
    except FileNotFoundError:
        return False
    environ.update(given)
    return True
