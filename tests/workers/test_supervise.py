"""A program may end in any way, and so may its supervisor: the row says what happened."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from apps.training.models import RunMetric, TrainingRun
from apps.training.services import artifacts
from apps.training.services.claim import STALE, Claim, claim_release, generation_claim, training_claim
from apps.training.services.launch import generation_launch
from apps.training.services.reap import runs_requeue
from apps.training.services.steer import run_cancel, run_resume
from apps.training.services.workspace import Workspace
from tests.backends import connections_of, wait_until_gone
from tests.training.rails import make_model, prompts
from tests.workers.conftest import HURRY, until
from tests.workers.programs import LISTENING, POLITE, STUBBORN, failure, pid_of, program
from workers.tasks import supervise as supervision
from workers.tasks.supervise import program_command, supervise
from workers.tasks.train import train

ROOT = Path(__file__).resolve().parents[2]
IMPATIENT = replace(HURRY, patience=0.3)
ENDPOINTS = json.dumps(
    {
        "lab": {"url": "http://127.0.0.1:9/v1", "key": "s3cret"},
        "other": {"url": "http://127.0.0.1:8/v1", "key": "t0ken"},
    }
)


def test_done(scene):
    run = scene.supervise("for step in range(5): log(step + 1, loss=1 / (step + 1))\nprint('well'); done(loss=0.2)")
    assert (run.state, run.report, run.step, run.steps_total) == ("done", {"loss": 0.2}, 5, 5)
    assert run.output_model.artifact_sha256
    assert RunMetric.objects.filter(run=run, name="loss").count() == 5
    assert run.log_tail == "well\n"
    assert not scene.place.output.exists()


def test_a_done_run_keeps_its_curves_beside_its_log(scene):
    body = "(out / 'tensorboard').mkdir(); (out / 'tensorboard' / 'events').write_text('0.5'); done()"
    assert scene.supervise(body).state == "done"
    kept = {str(path.relative_to(scene.place.folder)) for path in scene.place.folder.rglob("*") if path.is_file()}
    assert kept == {"spec.json", "log.txt", "tensorboard/events"}


def test_the_program_knows_no_secret(scene, monkeypatch):
    monkeypatch.setenv("HF_HOME", "/somewhere")
    monkeypatch.setenv("ENDPOINTS", ENDPOINTS)
    run = scene.supervise("done(names=sorted(os.environ), supervised=os.environ['RLHF_SUPERVISED'])")
    names = set(run.report["names"])
    assert not names & {
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "DJANGO_SETTINGS_MODULE",
        "METRICS_TOKEN",
        "ENDPOINTS",
    }
    assert names >= {"PATH", "HF_HOME"}
    assert run.report["supervised"] == "1"


@pytest.mark.parametrize(
    ("uri", "known"),
    [("endpoint:lab/org/tiny", '{"lab": {"url": "http://127.0.0.1:9/v1", "key": "s3cret"}}'), ("", "none")],
)
def test_only_who_asks_a_server_knows_its_key(transactional_db, cast, monkeypatch, uri, known):
    monkeypatch.setenv("ENDPOINTS", ENDPOINTS)
    model = make_model(cast.project, "policy", **({"artifact_uri": uri} if uri else {}))
    given = {"model_version": model, "snapshot": prompts(cast), "spec": {}}
    run = generation_launch(actor=None, project=cast.project, **given)
    claim = generation_claim(uid=run.uid, worker="generate@here")
    told = "{'kind': 'error', 'text': os.environ.get('ENDPOINTS', 'none')}"
    supervise(claim, command=program(f"(out / 'failure.json').write_text(json.dumps({told})); sys.exit(1)"), pace=HURRY)
    run.refresh_from_db()
    assert run.failure == known


def test_a_refused_spec_fails_with_the_programs_words(scene):
    run = scene.supervise(failure("data", "rankings.jsonl: too few comparisons.", 64))
    assert (run.state, run.failure_kind, run.failure) == ("failed", "data", "rankings.jsonl: too few comparisons.")


def test_a_failure_of_an_unknown_kind_keeps_its_words(scene):
    run = scene.supervise(failure("flu", "Feverish.", 1))
    assert (run.failure_kind, run.failure) == ("error", "Feverish.")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("sys.exit('Traceback: no such tensor')", "error", "exit code 1. Its last words: Traceback: no such tensor"),
        ("sys.exit(64)", "spec", "exit code 64. It said nothing."),
        ("(out / 'failure.json').write_text('{torn'); sys.exit(3)", "error", "exit code 3. It said nothing."),
        (
            "sys.exit('failure.json could not be written: [Errno 28] No space left on device')",
            "disk",
            "exit code 1. Its last words: failure.json could not be written",
        ),
        ("pass", "error", "without a manifest"),
        ("done(); (out / 'model' / 'config.json').write_text('[]')", "error", "config.json is not what manifest.json"),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "killed",
            "ended by SIGKILL. Running out of memory is the usual cause",
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "killed", "ended by SIGSEGV. When it is resumed"),
    ],
)
def test_other_endings(scene, body, kind, words):
    run = scene.supervise(body)
    assert (run.state, run.failure_kind) == ("failed", kind)
    assert words in run.failure


def test_a_killed_program_is_resumed_in_its_folder(scene):
    body = "mark = out / 'checkpoint'\nif mark.exists(): done()\nelse: mark.mkdir(); os.kill(os.getpid(), 9)"
    assert scene.supervise(body).failure_kind == "killed"
    assert (scene.place.output / "checkpoint").is_dir()
    run_resume(actor=None, run=scene.run)
    scene.again()
    assert scene.supervise(body).state == "done"


def test_output_that_was_spoilt_is_made_again_when_resumed(scene):
    assert scene.supervise("done(); (out / 'model' / 'config.json').unlink()").state == "failed"
    run_resume(actor=None, run=scene.run)
    scene.again()
    assert scene.supervise("done()").state == "done"


def test_an_interrupted_program_waits_for_the_next_worker(scene):
    run = scene.supervise("sys.exit(75)")
    assert (run.state, run.attempt, run.claim_token) == ("queued", 1, None)
    assert "goes on from its last checkpoint" in run.notice


@pytest.mark.parametrize(("asked", "stops"), [(None, False), (False, False), (0, True), (True, True), (1, True)])
def test_celery_says_that_it_stops_by_an_exit_code(monkeypatch, asked, stops):
    monkeypatch.setattr("celery.worker.state.should_stop", asked)
    assert supervision.worker_is_stopping() is stops


def test_a_stopping_worker_lets_the_program_save(scene):
    stopping = threading.Event()
    with scene.supervised(POLITE, stopping=stopping.is_set):
        stopping.set()
    run = scene.now()
    assert (run.state, run.attempt) == ("queued", 0)  # the worker's end is not the run's fault
    assert "worker was stopped" in run.notice
    assert (scene.place.output / "checkpoint").is_dir()
    assert not scene.program_lives()


def test_a_stopping_worker_does_not_wait_for_ever(scene):
    stopping = threading.Event()
    with scene.supervised(STUBBORN, stopping=stopping.is_set, pace=IMPATIENT):
        stopping.set()
    assert scene.now().state == "queued"
    assert not scene.program_lives()


@pytest.mark.parametrize(("body", "pace"), [(POLITE, HURRY), (STUBBORN, IMPATIENT)])
def test_cancel(scene, body, pace):
    with scene.supervised(body, pace=pace):
        run_cancel(actor=None, run=scene.run)
    assert scene.now().state == "cancelled"
    assert not scene.program_lives()


def test_cancel_reaches_what_the_program_started(scene):
    body = "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n(out / 'pid').write_text(str(child.pid))\n"
    with scene.supervised(body + "time.sleep(60)"):
        run_cancel(actor=None, run=scene.run)
    assert scene.now().state == "cancelled"
    until(lambda: not scene.program_lives())


def test_a_silent_program_is_known_to_live(scene):
    with scene.supervised(POLITE):
        beats = set()
        until(lambda: beats.add(scene.now().heartbeat_at) or len(beats) > 3)
        assert runs_requeue() == 0
        run_cancel(actor=None, run=scene.run)


def test_torn_and_foolish_lines_are_left_out_and_counted(scene):
    lines = ['{"step": 1, "loss": NaN}', "{torn", '{"step": 2, "loss": "low"}', '{"loss": 1}', "[]", '{"step": 3, "loss": 0.5}']  # fmt: skip
    run = scene.supervise(
        f"(out / 'metrics.jsonl').write_text({chr(10).join(lines)!r} + '\\n' + '{{\"step\": 4, \"lo'); sys.exit(75)"
    )
    assert list(RunMetric.objects.values_list("name", "step", "value")) == [("loss", 3, 0.5)]
    assert run.step == 3
    assert run.state == "queued"


def test_unreadable_lines_are_told_on_the_row(scene):
    run = scene.supervise("(out / 'metrics.jsonl').write_text('{torn\\n{\"step\": 1, \"x\": 1}\\n'); done()")
    assert run.state == "done"
    assert run.notice.startswith("Lines of metrics.jsonl that could not be read: 1. The last: ")


def test_a_resumed_program_that_cuts_its_metrics_back_gives_the_same_rows(scene):
    first = "for step in range(1, 5): log(step, loss=step)\nsys.exit(75)"
    scene.supervise(first)
    scene.again()
    cut = "file = out / 'metrics.jsonl'; file.write_text(''.join(file.read_text().splitlines(True)[:2]))\n"
    run = scene.supervise(cut + "for step in range(3, 7): log(step, total=6, loss=step); time.sleep(.1)\ndone()")
    kept = list(RunMetric.objects.order_by("step").values_list("step", "value"))
    assert kept == [(step, float(step)) for step in range(1, 7)]
    assert (run.state, run.step) == ("done", 6)


def test_a_full_disk_while_storing_is_told_and_the_work_kept(scene, monkeypatch):
    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(artifacts, "_copy", full)
        run = scene.supervise("done()")
    assert (run.state, run.failure_kind) == ("failed", "disk")
    assert run.failure.startswith("The disk is full: [Errno 28]")
    run_resume(actor=None, run=run)
    scene.again()
    assert scene.supervise("sys.exit('the program has no reason to run again')").state == "done"


def test_storing_that_takes_long_keeps_the_claim(scene, monkeypatch):
    store = supervision.claim_finish

    def slow(claim, place):
        for _ in range(2):  # a single sign of life could be of before
            TrainingRun.objects.update(heartbeat_at=timezone.now() - 2 * STALE)
            until(lambda: scene.now().heartbeat_at > timezone.now() - STALE)
        assert runs_requeue() == 0
        store(claim, place)

    monkeypatch.setattr(supervision, "claim_finish", slow)
    assert scene.supervise("done()").state == "done"


def test_who_lost_the_claim_ends_the_program_and_records_nothing(scene):
    with scene.supervised(POLITE):
        claim_release(scene.claim, "Taken away.", counted=True)
        other = training_claim(uid=scene.run.uid, worker="train@there")
    run = scene.now()
    assert (run.state, run.claim_token, run.notice, run.failure) == ("running", other.token, "Taken away.", "")
    assert not scene.program_lives()


def test_the_programs_end_after_the_claim_was_lost_changes_nothing(scene):
    claim_release(scene.claim, "Taken away.", counted=True)
    run = scene.supervise("log(1, loss=1); done()")
    assert (run.state, run.notice, run.step) == ("queued", "Taken away.", 0)


def test_a_second_delivery_does_nothing(scene):
    train.run(str(scene.run.uid))
    run = scene.now()
    assert (run.state, run.claim_token, run.attempt) == ("running", scene.claim.token, 1)
    assert not scene.place.folder.exists()


def test_what_keeps_it_from_starting_is_told(scene, monkeypatch):
    monkeypatch.setattr("apps.training.services.workspace.bytes_needed", lambda *_given: 10**18)
    run = scene.supervise("done()")
    assert (run.state, run.failure_kind) == ("failed", "disk")
    assert run.failure.startswith("The run needs about 1000000000.0 GB")


def test_a_program_that_cannot_be_started_is_told(scene):
    supervise(scene.claim, command=lambda _claim, _place: ["/nonexistent"], pace=HURRY)
    run = scene.now()
    assert (run.state, run.failure_kind) == ("failed", "error")
    assert run.failure.startswith("FileNotFoundError: ")


def test_the_real_command_is_what_one_types_by_hand(scene):
    words = program_command(scene.claim, scene.place)
    assert words[1:3] == ["-m", "workers.rlhf.pretrain"]
    assert words[3::2] == ["--spec", "--input", "--output"]


@pytest.mark.parametrize(
    ("program", "environment", "expected"),
    [
        ("sft", {}, ["workers.rlhf.sft"]),
        ("sft", {"ML_PROCESSES": "1", "ML_SHARD": "1"}, ["workers.rlhf.sft"]),
        ("sft", {"ML_PROCESSES": "2"}, ["workers.rlhf.launch", "--processes", "2", "sft"]),
        ("sft", {"ML_PROCESSES": "8", "ML_SHARD": "1"}, ["workers.rlhf.launch", "--processes", "8", "--shard", "sft"]),
        ("reward", {"ML_PROCESSES": "2", "ML_SHARD": "0"}, ["workers.rlhf.launch", "--processes", "2", "reward"]),
        ("ppo", {"ML_PROCESSES": "2", "ML_SHARD": "1"}, ["workers.rlhf.ppo"]),
        ("ppo", {"ML_PROCESSES": "2"}, ["workers.rlhf.ppo"]),
        ("generate", {"ML_PROCESSES": "2"}, ["workers.rlhf.generate"]),
    ],
)
def test_programs_that_share_get_as_many_processes_as_the_machine_says(
    monkeypatch, tmp_path, program, environment, expected
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    words = program_command(Claim(TrainingRun, uuid4(), uuid4(), program), Workspace(tmp_path))
    assert words[2 : words.index("--spec")] == expected


@pytest.mark.parametrize("said", ["two", "0", "-1", "1000", ""])
def test_a_number_of_processes_that_is_none_is_told_on_the_row(scene, monkeypatch, said):
    monkeypatch.setenv("ML_PROCESSES", said)
    supervise(scene.claim, pace=HURRY)
    run = scene.now()
    assert (run.state, run.failure_kind) == ("failed", "error")
    assert run.failure == f"ML_PROCESSES is {said!r} on this worker; a number from 1 to 999 is expected."


def test_the_program_of_a_killed_supervisor_ends(scene):
    """kill -9: its end of the pipe closes, the program saves and goes, the reaper gives the run to the next worker."""
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from pathlib import Path\nfrom uuid import UUID\n"
        f"settings.ARTIFACT_ROOT = Path({str(scene.place.folder.parents[1])!r})\n"
        "from apps.training.models import TrainingRun\n"
        "from apps.training.services.claim import Claim\n"
        "from tests.workers.conftest import HURRY\n"
        "from tests.workers.programs import LISTENING, program\n"
        "from workers.tasks.supervise import supervise\n"
        f"claim = Claim(TrainingRun, UUID('{scene.claim.uid}'), UUID('{scene.claim.token}'), 'pretrain')\n"
        "supervise(claim, command=program(LISTENING), pace=HURRY)\n"
    )
    database = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    name = "a supervisor that is killed"
    env = {**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "tests.settings", "PGAPPNAME": name}
    supervisor = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=env)
    try:
        until(lambda: pid_of(scene.place) is not None)
        assert scene.program_lives()
        assert connections_of(name)
    finally:
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
    until(lambda: (scene.place.output / "orphaned").exists())
    wait_until_gone(name)

    assert scene.now().state == "running"
    TrainingRun.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    assert runs_requeue() == 1
    scene.again()
    assert scene.supervise("done()").state == "done"
    assert scene.run.attempt == 2


def test_listening_programs_hear_their_supervisor_as_long_as_it_lives(scene):
    with scene.supervised(LISTENING):
        time.sleep(0.3)
        assert not (scene.place.output / "orphaned").exists()
        run_cancel(actor=None, run=scene.run)
    assert scene.now().state == "cancelled"
