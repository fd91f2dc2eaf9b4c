"""Runs of generate on a tiny model and ten short prompts."""

import json
from pathlib import Path
from typing import Any

from tests.rlhf.make import prompt, run_program, write
from workers.rlhf import generate

SPEC: dict[str, Any] = {"device": "cpu", "samples": 3, "batch_size": 6, "max_completion_tokens": 24, "seed": 5}
ASKED = [prompt(f"p{number}", "When are you open? " * (1 + number % 4)) for number in range(10)]


def prepare(folder: Path, model: Path) -> Path:
    write(folder / "input" / "prompts.jsonl", ASKED)
    (folder / "input" / "policy").symlink_to(model)
    return folder


def run(folder: Path, **spec: Any) -> int:
    return run_program("generate", generate.run, folder, **{**SPEC, **spec})


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "output" / "completions.jsonl").read_text().splitlines()]


def timeless(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name != "tokens_per_second"} for one in found]


def by_place(folder: Path) -> dict[tuple[str, int], str]:
    return {(line["prompt_uid"], line["sample_index"]): line["text"] for line in lines(folder)}
