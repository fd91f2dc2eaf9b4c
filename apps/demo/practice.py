"""Short questions that the demo's own small base can answer, as import lines: what the loop practises on.

`workers/rlhf/clinic/practice.py` writes them; simulated labelers rank and demonstrate.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

from .content import CONTENT
from .domain.simulated import LABELERS, draw_tiers

FILE = CONTENT / "practice.jsonl"
DATASET = "demo-practice"
# What a careful labeler would tend towards, from 1 to 7, by the manner of the reply.
QUALITY = {"careful": 6.0, "rambling": 4.4, "curt": 3.4, "reckless": 1.6}
LABELERS_EACH = 3
DEMONSTRATED = 3  # every third question


def practice_lines() -> Iterator[dict[str, Any]]:
    """One line a question: four replies in an order of their own, three simulated rankings, some demonstrations."""
    with FILE.open(encoding="utf-8") as file:
        for number, text in enumerate(file):
            yield _line(number, json.loads(text))


def _line(number: int, told: dict[str, Any]) -> dict[str, Any]:
    rng = random.Random(told["id"])  # noqa: S311 - the same draw at every seeding
    manners = rng.sample(list(QUALITY), len(QUALITY))
    line: dict[str, Any] = {
        "prompt_id": told["id"], "prompt": told["question"], "use_case": "chat", "language": "en",
        "source": {"dataset": DATASET, "prompt": told["id"]},
        "completions": [
            {"id": letter, "model": "clinic-grammar", "text": told["replies"][manner]}
            for letter, manner in zip("abcd", manners, strict=True)
        ],
        "rankings": [
            {
                "labeler": labeler.name, "kind": "simulated",
                "ranks": draw_tiers([QUALITY[manner] for manner in manners], labeler, rng),
            }
            for labeler in rng.sample(LABELERS, LABELERS_EACH)
        ],
    }  # fmt: skip
    if number % DEMONSTRATED == 0:
        line |= {"demonstration": told["replies"]["careful"], "demonstration_labeler": LABELERS[0].name}
    return line
