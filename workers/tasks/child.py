"""An ML program as a child: in a session of its own, holding the other end of a pipe that closes when we are gone."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from apps.training.domain.endpoints import BadEndpoints, endpoints_in, split_endpoint

ROOT = Path(__file__).resolve().parents[2]
ENDPOINTS = "ENDPOINTS"  # servers that may be asked, with their keys
# What the web half knows and a program does not need: it opens no database and signs nothing.
SECRETS = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN", "DJANGO_SETTINGS_MODULE", ENDPOINTS)


class Child:
    """A context manager: whatever happens inside, the program has ended when the block has."""

    def __init__(self, command: Sequence[str], *, log: Path, patience: float, environ: Mapping[str, str]) -> None:
        self._patience = patience
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environ, start_new_session=True,
                stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def wait(self, seconds: float) -> int | None:
        """The exit code (negative: the signal that ended it), or None when it still runs after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Ask it to save a checkpoint and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.stop()
            self.wait(self._patience)
        self.kill()  # and what it may have started itself
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _signal(self, number: int) -> None:
        """The whole session. Its number is not given away while anybody of it lives; if nobody does, there is none."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def program_environment(environ: Mapping[str, str], asked: str = "") -> dict[str, str]:
    """What a program may know. Of ENDPOINTS that is the server of `asked`, the model that it asks, and nothing else."""
    kept = {name: value for name, value in environ.items() if name not in SECRETS}
    # Unbuffered, so that the log's end is there when it crashes.
    return {**kept, **_server_of(asked, environ), "RLHF_SUPERVISED": "1", "PYTHONUNBUFFERED": "1"}


def _server_of(asked: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Nothing where ENDPOINTS does not name it: the program says so."""
    named = split_endpoint(asked)
    if named is None:
        return {}
    with suppress(BadEndpoints, LookupError):
        one = endpoints_in(environ[ENDPOINTS])[named[0]]
        return {ENDPOINTS: json.dumps({one.name: {"url": one.url, "key": one.key}})}
    return {}
