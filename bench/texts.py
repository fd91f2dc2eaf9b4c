"""Texts of the length that people and models really write: read from files of other people's work, if they are there."""

import gzip
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

from bench.stage import ROOT

K = 4
FILES = ("oasst_kwise", "oasst_eval_k6_unlabelled", "tulu_human_eval_k4_unlabelled")


@dataclass(frozen=True)
class Question:
    """A conversation that ends with a user message, and K replies to it."""

    messages: list[dict[str, str]]
    replies: list[str]


def real_folder() -> Path:
    """Where files of other people's work are: REAL_DATA_DIR, else `shared/data` beside the repository."""
    return Path(os.environ.get("REAL_DATA_DIR") or ROOT.parent / "shared" / "data")


def questions() -> tuple[list[Question], str]:
    """What there is to rank, and where it comes from."""
    found = [question for name in FILES for question in _of_file(real_folder() / f"{name}.jsonl.gz")]
    if found:
        return found, f"{len(found)} real prompts of {', '.join(FILES)}"
    return _made_up(), "made-up texts (no REAL_DATA_DIR), lengths like those of real ones"


def _of_file(path: Path) -> list[Question]:
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Question(row["messages"], [completion["text"] for completion in row["completions"][:K]])
        for row in rows
        if len(row["completions"]) >= K and row["messages"][-1]["role"] == "user"
    ]


def _made_up(count: int = 150) -> list[Question]:
    rng = random.Random(4)

    def text(median: int) -> str:
        """Lengths of real replies are about log-normal."""
        words = max(3, round(rng.lognormvariate(0, 0.9) * median))
        return " ".join("".join(rng.choices("abcdefghiklmnoprstu", k=rng.randint(2, 9))) for _ in range(words))

    return [Question([{"role": "user", "content": text(20)}], [text(60) for _ in range(K)]) for _ in range(count)]
