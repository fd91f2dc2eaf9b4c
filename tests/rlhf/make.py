"""Records and folders for tests of the ML programs."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from apps.datasets.domain.records import DemonstrationRecord, LabelerRecord, Message, PromptRecord, Record, record_line
from workers.rlhf.frame.program import Job, Outcome, main

LABELER = LabelerRecord(pseudonym="L1", kind="member", cohort="training")


def prompt_part(uid: str, text: str, split: str = "train", context: str | None = None) -> dict[str, Any]:
    return {
        "prompt_uid": uid, "external_ids": [], "source": None, "metadata": {}, "messages": said(text),
        "context": context, "use_case": "", "language": "en", "split": split,
    }  # fmt: skip


def said(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def demonstration(uid: str, prompt: str, reply: str, split: str = "train", **changes: Any) -> DemonstrationRecord:
    fields: dict[str, Any] = {
        **prompt_part(f"prompt-{uid}", prompt, split), "uid": uid, "task_uid": f"task-{uid}", "prompt_flags": {},
        "judged_use_case": "", "note": "", "labeler": LABELER, "guideline": None, "schema": None,
        "active_seconds": None, "rendering": None, "surplus": False, "imported": True, "supersedes": None,
        "submitted_at": "2026-11-21T06:00:00Z", "completion_uid": f"completion-{uid}", "text": reply,
    }  # fmt: skip
    return DemonstrationRecord(**{**fields, **changes})


def prompt(uid: str, text: str, split: str = "train", context: str | None = None) -> PromptRecord:
    part = prompt_part(uid, text, split, context)
    return PromptRecord(**part, uid=uid, sensitive=False, completions=[], candidate_sets=[])


def write(path: Path, records: Iterable[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(record_line(record) for record in records))


def run_program(name: str, run: Callable[[Job], Outcome], folder: Path, **spec: Any) -> int:
    """The program in this process, with `folder`/input and `folder`/output; returns its exit code.

    What a program sets for its process (threads, determinism, random states) is set back.
    """
    (folder / "input").mkdir(parents=True, exist_ok=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), random.getstate()
    try:
        with torch.random.fork_rng():
            return main(
                name,
                run,
                ["--spec", f"{folder}/spec.json", "--input", f"{folder}/input", "--output", f"{folder}/output"],
            )
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        random.setstate(before[2])


def failure(folder: Path) -> dict[str, str]:
    return json.loads((folder / "output" / "failure.json").read_text())


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "output" / "manifest.json").read_text())


def metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "output" / "metrics.jsonl").read_text().splitlines()]
