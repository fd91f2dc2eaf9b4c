"""Runs of generate that ask a server on the loopback. conftest hands its fixtures on."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rlhf.endpoint_server import Server, serving
from tests.rlhf.make import prompt, write
from workers.rlhf import generate
from workers.rlhf.candidates import client

MODEL = "endpoint:lab/org/tiny"
SPEC: dict[str, Any] = {"model": MODEL, "samples": 3, "seed": 5, "retries": 4}
ASKED = [prompt(f"p{number}", f"Question {number}?") for number in range(6)]


@pytest.fixture
def no_other_loop() -> Iterator[None]:
    """A browser that was driven in this process leaves its loop running; a program has a process of its own."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def server(no_other_loop: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    with serving() as one:
        monkeypatch.setenv("ENDPOINTS", one.endpoints())
        yield one


def run(folder: Path, prompts: Any = ASKED, **spec: Any) -> int:
    write(folder / "input" / "prompts.jsonl", prompts)
    (folder / "spec.json").write_text(json.dumps({**SPEC, **spec}))
    return generate.start(places(folder))


def places(folder: Path) -> list[str]:
    return ["--spec", f"{folder}/spec.json", "--input", f"{folder}/input", "--output", f"{folder}/output"]


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "output" / "completions.jsonl").read_text().splitlines()]


def everything_in(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
