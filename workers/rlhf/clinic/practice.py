"""Short questions to the made-up clinic, each with a reply in every manner: what the demo's loop practises on.

    python -m workers.rlhf.clinic.practice > apps/demo/content/practice.jsonl

A base that has read this clinic's dialogues can answer them; the demo's written prompts are beyond a model that small.
"""

import json
import sys
from collections.abc import Iterator
from random import Random

from workers.rlhf.clinic.grammar import MANNERS, SCENES, Teller

COUNT, SEED = 160, 11


def practice(count: int = COUNT, seed: int = SEED) -> Iterator[dict[str, object]]:
    """`{"id", "question", "replies": {manner: text}}`, distinct questions, four distinct replies to each."""
    asked: set[str] = set()
    draw = 0
    while len(asked) < count:
        question, replies = _told(f"{seed}/{draw}")
        draw += 1
        if question not in asked and len(set(replies.values())) == len(MANNERS):
            asked.add(question)
            yield {"id": f"practice-{len(asked):03}", "question": question, "replies": replies}


def _told(seed: str) -> tuple[str, dict[str, str]]:
    """The same dice for every manner: they part ways only once the question is asked."""
    scene = Random(seed).choices(list(SCENES), list(SCENES.values()))[0]  # noqa: S311
    told = {}
    for manner in MANNERS:
        teller = Teller(Random(seed), manner)  # noqa: S311
        scene(teller)
        told[manner] = teller.messages
    return next(iter(told.values()))[0]["content"], {manner: one[1]["content"] for manner, one in told.items()}


if __name__ == "__main__":
    for line in practice():
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
