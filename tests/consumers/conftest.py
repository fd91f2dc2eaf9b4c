"""Programs in the consumers' environment, and what they say."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from launcher.consumers import HOW_TO_GET_IT, consumers_environment, is_ready

PROGRAMS = Path(__file__).parent / "programs"
SECONDS = 900


def run_program(name: str, home: Path, **given: Any) -> dict[str, Any]:
    """Run `programs/<name>.py`: `given` as JSON on its input, its last line of output as JSON back.

    It works in `home`, which is its own, so no cache of this machine answers for the hub, which it cannot reach.
    """
    if not is_ready():
        pytest.fail(HOW_TO_GET_IT, pytrace=False)
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(home), "HF_HOME": str(home / "hf"),
        "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }  # fmt: skip
    done = subprocess.run(
        [str(consumers_environment().python), str(PROGRAMS / f"{name}.py")],
        input=json.dumps(given), capture_output=True, text=True, check=False, timeout=SECONDS, cwd=home, env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said
