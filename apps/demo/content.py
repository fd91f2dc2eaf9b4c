"""The demo's texts as import lines. `content/README.md` says what the files hold."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .domain.simulated import LABELERS, draw_tiers

CONTENT = Path(__file__).resolve().parent / "content"
VOLUNTEER_QUESTIONS = """\
Age: under 25 | 25 to 39 | 40 to 59 | 60 or more
First language: English | Spanish | French | another
Schooling: none to nine years | ten years or more, no degree | a degree
"""


def guideline() -> str:
    return (CONTENT / "guideline.md").read_text(encoding="utf-8")


def evaluation_guideline() -> str:
    return (CONTENT / "evaluation-guideline.md").read_text(encoding="utf-8")


def exam() -> dict[str, Any]:
    body: dict[str, Any] = json.loads((CONTENT / "exam.json").read_text(encoding="utf-8"))
    return body


def prompts() -> Iterator[dict[str, Any]]:
    for path in sorted((CONTENT / "prompts").glob("*.yaml")):
        yield yaml.safe_load(path.read_text(encoding="utf-8"))


def import_lines() -> Iterator[dict[str, Any]]:
    """One line a prompt, with its simulated rankings; what people must not see (quality, why) stays here."""
    for prompt in prompts():
        line = {key: prompt[key] for key in ("messages", "use_case", "sensitive", "source_key", "language")}
        line |= {"prompt_id": prompt["id"], "source": {"dataset": "demo", "prompt": prompt["id"]}}
        line["completions"] = [
            {"id": completion["id"], "model": completion["model"], "text": completion["text"]}
            for completion in prompt["completions"]
        ]
        line["rankings"] = list(_simulated_rankings(prompt))
        for key in ("context", "demonstration"):
            if key in prompt:
                line[key] = prompt[key]
        yield line


def _simulated_rankings(prompt: dict[str, Any]) -> Iterator[dict[str, Any]]:
    qualities = [completion["quality"] for completion in prompt["completions"]]
    for labeler in LABELERS:
        rng = random.Random(f"{prompt['id']}/{labeler.name}")  # noqa: S311 - the same draw at every seeding
        yield {"labeler": labeler.name, "kind": "simulated", "ranks": draw_tiers(qualities, labeler, rng)}
