"""Small programs in the place of ML programs: they read nothing but their arguments."""

import json
import sys
from pathlib import Path
from typing import Any

from apps.training.services.claim import Claim
from apps.training.services.workspace import Workspace

PREAMBLE = """
import json, os, signal, sys, time
from hashlib import sha256
from pathlib import Path

spec, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])

def log(step, total=5, **numbers):
    with (out / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": step, "steps_total": total, **numbers}) + "\\n")

def done(**report):
    model = out / "model"
    model.mkdir(exist_ok=True)
    # Weights without a tensor: a header that says so.
    made = {"config.json": b"{}", "model.safetensors": (2).to_bytes(8, "little") + b"{}"}
    for name, data in made.items():
        (model / name).write_bytes(data)
    files = {name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in made.items()}
    manifest = {"spec": spec, "files": files, "report": report, "code_version": "c0de"}
    (out / "manifest.json").write_text(json.dumps(manifest))

def started():
    (out / "pid").write_text(str(os.getpid()))
"""
# Saves a checkpoint when asked to stop, as the real ones do.
POLITE = """
def stop(*_):
    (out / "checkpoint").mkdir(exist_ok=True)
    sys.exit(75)
signal.signal(signal.SIGTERM, stop)
started()
time.sleep(60)
"""
STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
started()
time.sleep(60)
"""
# Hears that nobody holds the other end of its stdin any more, as workers.rlhf.frame.guard does.
LISTENING = """
started()
while os.read(0, 1000):
    pass
(out / "orphaned").write_text("")
sys.exit(75)
"""


def program(body: str) -> Any:
    """A `command` for `supervise` that runs `body` with `spec`, `out`, `log`, `done` and `started`."""

    def command(_claim: Claim, place: Workspace) -> list[str]:
        return [sys.executable, "-c", PREAMBLE + body, str(place.spec), str(place.output)]

    return command


def failure(kind: str, text: str, code: int) -> str:
    told = json.dumps({"kind": kind, "text": text})
    return f"(out / 'failure.json').write_text({told!r}); sys.exit({code})"


def pid_of(place: Workspace) -> int | None:
    path: Path = place.output / "pid"
    return int(path.read_text()) if path.is_file() and path.read_text() else None
