"""Real programs that meet real want: of memory, disk, numbers, a process. The row says which, and nothing is registered."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from apps.registry.models import ModelVersion
from apps.training.models import TrainingRun
from apps.training.services.claim import Claim, training_claim
from apps.training.services.steer import run_cancel, run_resume
from apps.training.services.workspace import Workspace, workspace_of
from tests.training.rails import launch_pretrain
from tests.workers.conftest import Scene, until
from workers.tasks.supervise import program_command, supervise
from workers.tasks.watch import Pace

PATIENT = 300.0  # seconds: torch is imported, on a machine that may have other work
PACE = Pace(look=0.05, beat=0.2, patience=PATIENT, away=PATIENT)
TINY: dict[str, Any] = {
    "vocabulary": 300, "width": 16, "layers": 1, "heads": 1, "context": 256, "dialogues": 50, "batch_size": 2,
    "steps": 4, "checkpoint_every": 1, "device": "cpu",
}  # fmt: skip


def scene_of(project: Any, **spec: Any) -> Scene:
    run = launch_pretrain(project, spec={**TINY, **spec})
    claim = training_claim(uid=run.uid, worker="train@here")
    assert claim
    return Scene(run, claim, workspace_of(claim))


def after(preparation: str) -> Callable[[Claim, Workspace], list[str]]:
    """The real program, once `preparation` has run in its process."""

    def command(claim: Claim, place: Workspace) -> list[str]:
        _, _, module, *files = program_command(claim, place)
        start = f"{preparation}\nimport sys\nfrom {module} import main, run\nsys.exit(main({claim.program!r}, run))"
        return [sys.executable, "-c", start, *files]

    return command


def fail(scene: Scene, command: Any = program_command) -> tuple[str, str]:
    """Runs it; returns the kind and the words of its failure, after a look that nothing was registered."""
    supervise(scene.claim, command=command, pace=PACE)
    run = scene.now()
    assert run.state == "failed"
    assert run.output_model is None
    assert not ModelVersion.objects.exists()
    assert not (Path(settings.ARTIFACT_ROOT) / "models").exists()
    assert "Traceback" not in run.failure
    return run.failure_kind, run.failure


def test_no_memory(transactional_db, cast, monkeypatch):
    """An address space of what the libraries take and 100 MB more; a model of 200 MB."""
    monkeypatch.setattr("apps.training.services.workspace.bytes_needed", lambda *_given: 0)
    scene = scene_of(cast.project, width=1024, layers=4, heads=4)
    starve = (
        "import resource, transformers.models.llama.modeling_llama, workers.rlhf.pretrain\n"
        "held = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (held + 100_000_000,) * 2)"
    )
    kind, words = fail(scene, after(starve))
    assert kind == "memory", words


def test_a_loss_that_is_no_number(transactional_db, cast):
    """Adam moves a weight by its learning rate: by 1e30, and the next loss is no number."""
    explode = (
        "import workers.rlhf.learning.supervised as loop\n"
        "loop.cosine = lambda rate, step, total: 1e30 if step else 1e-3"
    )
    kind, words = fail(scene_of(cast.project), after(explode))
    assert kind == "diverged", words
    assert words.endswith("a smaller learning_rate may help.")


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The artifacts lie on a disk of 128 KiB, on which a checkpoint finds no room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or not mount:
        pytest.skip("only root can mount a disk")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=128k", "none", folder], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    settings.ARTIFACT_ROOT = folder
    monkeypatch.setattr("apps.training.services.workspace.bytes_needed", lambda *_given: 0)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # a file of it may still be open somewhere


def test_a_full_disk(transactional_db, cast, small_disk):
    """And when there is room, the same run goes on to its end."""
    scene = scene_of(cast.project)
    kind, words = fail(scene)
    assert kind == "disk", words
    assert not list(small_disk.rglob("state.pt"))

    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    run_resume(actor=None, run=scene.run)
    scene.again()
    supervise(scene.claim, pace=PACE)
    run = scene.now()
    assert (run.state, run.failure) == ("done", "")
    assert ModelVersion.objects.get() == run.output_model


@pytest.fixture
def two(transactional_db: None, cast: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A run that would go on for ever, in two processes."""
    monkeypatch.setenv("ML_PROCESSES", "2")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    return scene_of(cast.project, steps=1_000_000)


def ranks(scene: Scene) -> list[int]:
    """The processes of the program, found by what they were started with."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if str(scene.place.output).encode() in words and b"workers.rlhf.pretrain" in words:
            found.append(int(path.parent.name))
    return sorted(found)


def at_work(scene: Scene, **options: Any) -> threading.Thread:
    """The supervisor, in a thread of its own."""

    def work() -> None:
        try:
            supervise(scene.claim, pace=PACE, **options)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def working(scene: Scene, beyond: int) -> threading.Thread:
    """The supervisor at work, after that step."""
    thread = at_work(scene)
    until(lambda: scene.now().step > beyond or scene.run.state != "running", PATIENT)
    assert scene.run.state == "running", scene.run.failure
    return thread


def test_a_killed_process_of_two_fails_the_run_and_cancel_reaches_both(two):
    thread = working(two, beyond=2)
    own = ranks(two)
    assert len(own) == 2
    os.kill(own[1], signal.SIGKILL)
    thread.join(PATIENT)
    run = two.now()
    assert (run.state, run.failure_kind) == ("failed", "killed")
    assert "ended by SIGKILL. Running out of memory is the usual cause" in run.failure
    assert not ranks(two)
    assert not ModelVersion.objects.exists()

    run_resume(actor=None, run=run)
    two.again()
    thread = working(two, beyond=run.step)
    run_cancel(actor=None, run=two.run)
    began = time.monotonic()
    thread.join(PATIENT)
    assert time.monotonic() - began < PACE.patience
    assert two.now().state == "cancelled"
    assert not ranks(two)
    assert (two.place.output / "checkpoint" / "state.pt").is_file()
    assert TrainingRun.objects.get().output_model is None


@pytest.mark.parametrize("count", [1, 2])
def test_a_run_that_is_cancelled_while_it_loads_its_libraries_is_cancelled(
    transactional_db, cast, monkeypatch, tmp_path, count
):
    """It hears no signal yet, and none has to be forced on it: it took no step, so there is nothing to save."""
    (tmp_path / "torch.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("ML_PROCESSES", str(count))
    scene = scene_of(cast.project)
    thread = at_work(scene)
    until(lambda: len(ranks(scene)) == count, PATIENT)
    run_cancel(actor=None, run=scene.run)
    thread.join(PATIENT)
    run = scene.now()
    assert (run.state, run.failure, run.failure_kind, run.claim_token) == ("cancelled", "", "", None)
    assert run.finished_at - run.cancel_requested_at < timedelta(seconds=PACE.patience)
    assert not ranks(scene)
    assert not scene.place.metrics.exists()


def test_a_worker_that_stops_while_libraries_are_loaded_gives_the_run_back(two):
    stopping = threading.Event()
    thread = at_work(two, stopping=stopping.is_set)
    until(lambda: len(ranks(two)) == 2, PATIENT)
    stopping.set()
    thread.join(PATIENT)
    run = two.now()
    assert (run.state, run.attempt, run.failure) == ("queued", 0, "")
    assert not ranks(two)
