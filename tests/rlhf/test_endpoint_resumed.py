"""A run at an endpoint that failed, spent its budget, was stopped or killed asks only for what it lacks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from tests.rlhf.endpoint_runs import SPEC, lines, places, run
from tests.rlhf.endpoint_server import Server, drip, drop, send
from tests.rlhf.make import failure, prompt, write
from tests.rlhf.several import until

pytestmark = pytest.mark.usefixtures("no_other_loop")


def test_what_was_answered_before_a_failure_is_not_asked_again(server: Server, tmp_path: Path):
    server.fault = lambda number, body: send(403, "quota") if number == 7 else None
    assert run(tmp_path, concurrency=1) == 1
    assert len(server.asked) == 8

    server.fault = lambda number, body: None
    assert run(tmp_path, concurrency=1) == 0
    assert len(server.asked) == 8 + 18 - 7
    assert server.answered == len(lines(tmp_path)) == 18


def test_a_budget_ends_the_run_and_a_resumed_one_may_spend_as_much_again(server: Server, tmp_path: Path):
    assert run(tmp_path, concurrency=1, budget_tokens=100) == 64
    assert failure(tmp_path) == {
        "kind": "spec",
        "text": "budget_tokens: 105 tokens are spent, with 7 of 18 completions made. They are kept; resumed, the run may spend 100 more.",
    }  # fmt: skip
    assert server.answered == 7
    assert run(tmp_path, concurrency=1, budget_tokens=100) == 64
    assert server.answered == 14  # 210 of 200
    assert run(tmp_path, concurrency=1, budget_tokens=100) == 0
    assert server.answered == len(lines(tmp_path)) == 18


def test_a_stop_is_heard_while_questions_are_in_flight(server: Server, tmp_path: Path):
    def fault(number: int, body: dict[str, Any]) -> Any:
        if number == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return None if number < 5 else slow

    def slow(handler: Any) -> bool:
        waited.append(drip(handler))
        return True

    waited: list[bool] = []  # answers whose last byte somebody was there for
    server.fault = fault
    assert run(tmp_path, concurrency=1) == 75
    assert waited == []
    server.fault = lambda number, body: None
    assert run(tmp_path, concurrency=1) == 0
    assert len(lines(tmp_path)) == 18


def test_a_killed_run_goes_on_without_a_duplicate_or_a_gap(server: Server, tmp_path: Path):
    server.pause = 0.01
    chance = Random(3)
    many = [prompt(f"p{number}", f"Question {number}?") for number in range(40)]
    write(tmp_path / "input" / "prompts.jsonl", many)
    (tmp_path / "spec.json").write_text(json.dumps({**SPEC, "concurrency": 4}))
    command = [sys.executable, "-W", "error", "-m", "workers.rlhf.generate", *places(tmp_path)]
    for wanted in (5, 40, 80):
        killed = threading.Event()

        def hold(handler: Any, killed: threading.Event = killed) -> bool:
            return killed.wait(300) and drop(handler)

        def fault(number: int, body: dict[str, Any], most: int = wanted + 20, hold: Any = hold) -> Any:
            return hold if server.answered >= most else None  # it is not done before it is killed

        server.fault = fault
        child = subprocess.Popen(command, cwd=settings.BASE_DIR, stderr=subprocess.DEVNULL)
        until(lambda wanted=wanted: server.answered >= wanted)
        time.sleep(chance.uniform(0, 0.05))
        child.kill()
        assert child.wait() == -signal.SIGKILL
        killed.set()
    server.fault = lambda number, body: None
    with next((tmp_path / "output" / "checkpoint").iterdir()).open("ab") as file:
        file.write(b'{"prompt_uid":"p9","sam')  # a line that a kill tore

    assert run(tmp_path, many, concurrency=4) == 0
    made = lines(tmp_path)
    assert Counter(one["prompt_uid"] for one in made) == {f"p{number}": 3 for number in range(40)}
    assert {one["sample_index"] for one in made} == {0, 1, 2}
    assert len({one["text"] for one in made}) == 120
    assert len(server.asked) < 120 + 3 * 8  # what was in flight at a kill, and no more

    whole = tmp_path / "whole"
    assert run(whole, many, concurrency=4) == 0
    assert lines(whole) == made


def test_answers_to_another_spec_are_not_taken_for_ours(server: Server, tmp_path: Path):
    server.fault = lambda number, body: send(403, "no") if number == 3 else None
    assert run(tmp_path, concurrency=1) == 1
    assert run(tmp_path, concurrency=1, seed=6) == 64
    assert failure(tmp_path)["text"].startswith(
        f"output: what lies in {tmp_path}/output/checkpoint was begun with other "
    )
