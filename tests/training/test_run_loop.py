"""`manage.py run_loop`: what it says, and how it exits. Real workers do the rest in `tests/loop`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.core.health import Health, QueueHealth
from apps.training.management.commands import run_loop
from apps.training.models import LoopRun
from apps.training.services.retrain import retrain_policy_set
from tests.training.rails import make_model
from tests.training.turn import build_snapshots, fail, go_on, ready_to_turn


@pytest.fixture(autouse=True)
def workers(monkeypatch):
    """All queues attended, unless a test says otherwise."""
    queues = [QueueHealth(name, "", 0, ["someone"]) for name in ("web", "train", "generate")]
    monkeypatch.setattr(run_loop, "check_health", lambda: Health(True, "", queues))
    return queues


def call(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("run_loop", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def while_it_waits(monkeypatch, *deeds) -> None:
    """Do one deed at each of the command's naps."""
    left = iter(deeds)
    monkeypatch.setattr(run_loop.time, "sleep", lambda _: next(left)(LoopRun.objects.get()))


def test_it_starts_a_turn_and_leaves_it_to_the_workers(cast):
    ready_to_turn(cast)
    out, err = call("clinic")
    loop = LoopRun.objects.get()
    assert (loop.state, loop.trigger, loop.reason) == ("running", "hand", "Started by manage.py run_loop.")
    assert str(loop.uid) in out
    assert err == ""


def test_it_waits_and_names_each_station_as_it_changes(cast, monkeypatch):
    ready_to_turn(cast)
    while_it_waits(monkeypatch, build_snapshots, lambda loop: go_on(loop, until="reward_run"), go_on)
    out, _ = call("clinic", "--wait")

    told = out.splitlines()
    assert "rankings snapshot: building" in told
    assert (
        told.index("rankings snapshot: building") < told.index("rankings snapshot: ready") < told.index("SFT run: done")
    )
    assert told.index("reward run: queued") < told.index("reward run: done")
    assert told[-1] == "Done: 4 new ranking tasks."


def test_a_turn_that_fails_exits_with_its_real_error(cast, monkeypatch):
    ready_to_turn(cast)

    def out_of_memory(loop: LoopRun) -> None:
        fail(loop.sft_run, "memory", "Out of memory at step 3.")
        go_on(loop)

    while_it_waits(monkeypatch, build_snapshots, lambda loop: go_on(loop, until="sft_run"), out_of_memory)
    with pytest.raises(CommandError, match=r"The turn failed\. The SFT run failed: Out of memory at step 3\."):
        call("clinic", "--wait")


def test_it_says_when_no_worker_takes_from_a_queue(cast, workers):
    ready_to_turn(cast)
    workers[1] = QueueHealth("train", "", 1)
    _, err = call("clinic")
    assert err == "No worker takes from train: the turn waits there until one is started.\n"


def test_a_broker_that_is_down_is_said(cast, monkeypatch):
    ready_to_turn(cast)
    monkeypatch.setattr(run_loop, "check_health", lambda: Health(True, "The broker does not answer: refused", []))
    assert call("clinic")[1] == "The broker does not answer: refused\n"


def test_a_base_of_ones_own(cast):
    ready_to_turn(cast)
    base = make_model(None, "base")
    call("clinic", "--base", str(base.uid))
    assert LoopRun.objects.get().base_model == base


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "There is no project nowhere"),
        (["clinic", "--base", "7"], "--base: there is no model 7"),
        (["clinic", "--base", "00000000-0000-0000-0000-000000000000"], "--base: there is no model 0000"),
    ],
)
def test_what_it_does_not_know(cast, words, sentence):
    ready_to_turn(cast)
    with pytest.raises(CommandError, match=sentence):
        call(*words)


def test_too_little_to_learn_from_is_said_before_anything_starts(cast):
    ready_to_turn(cast)
    retrain_policy_set(actor=None, project=cast.project, specs={"reward": {"min_comparisons": 50}})
    with pytest.raises(CommandError, match="asks for 50"):
        call("clinic")
    assert not LoopRun.objects.exists()
