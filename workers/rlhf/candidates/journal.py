"""What an endpoint has answered, line by line as it came: a killed run asks nothing twice that stands here."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from apps.core.domain.canonical import canonical_json
from workers.rlhf.frame.errors import BadInput, begun_otherwise
from workers.rlhf.frame.light import fsynced

Line = dict[str, Any]
Key = tuple[str, int]


class Journal:
    """The first line names the spec; the others are answers, prompts that do not fit, and ends of the budget.

    `tokens` (of prompts and completions) and `written` (of completions) are as far as the server counts them. They are
    kept up line by line: a run of 100,000 answers asks for them at each.
    """

    def __init__(self, folder: Path, spec_sha256: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "answers.jsonl"
        self.answers: dict[Key, Line] = {}
        self.left_out: set[str] = set()
        self.tokens = self.written = 0
        self.budgets_spent = 0
        self.seconds = 0.0
        try:
            self._go_on(spec_sha256)
        except (ValueError, TypeError, LookupError) as error:
            raise BadInput(
                "output", f"output: {self.path} is damaged; delete it to ask the endpoint for every answer again."
            ) from error

    def _go_on(self, spec_sha256: str) -> None:
        """What an earlier attempt wrote, or a new file."""
        lines = self._whole_lines()
        if not lines:
            fsynced(self.path, canonical_json({"spec_sha256": spec_sha256}) + b"\n")
        elif lines[0] != {"spec_sha256": spec_sha256}:
            raise begun_otherwise(self.path.parent)
        for line in lines[1:]:
            self._take(line)

    def add(self, lines: Iterable[Line]) -> None:
        """On the disk when it returns."""
        added = list(lines)
        if added:
            fsynced(self.path, b"".join(canonical_json(line) + b"\n" for line in added))
        for line in added:
            self._take(line)

    def _take(self, line: Line) -> None:
        match line:
            case {"left_out": str(prompt)}:
                self.left_out.add(prompt)
            case {"budget_spent": int()}:
                self.budgets_spent += 1
            case {"seconds": float(seconds)}:
                self.seconds = seconds
            case _:
                self._answer(line)

    def _answer(self, line: Line) -> None:
        """The last of two to one question counts."""
        key = line["prompt_uid"], line["sample_index"]
        for one, sign in ((self.answers.get(key), -1), (line, 1)):
            if one is not None:
                self.written += sign * one["tokens"]
                self.tokens += sign * (one["tokens"] + (one["prompt_tokens"] or 0))
        self.answers[key] = line

    def _whole_lines(self) -> list[Line]:
        """A line that a kill tore is cut off: its answer is asked for again."""
        if not self.path.is_file():
            return []
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        return [json.loads(line) for line in whole.splitlines()]
