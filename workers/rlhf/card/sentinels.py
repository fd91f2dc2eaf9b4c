"""Pairs of replies whose better side is known: what a proxy that learned appearances gets wrong."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from workers.rlhf.card.exact import binomial_interval
from workers.rlhf.card.interval import Floats
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.preference.encoded import Limits

FILE = Path(__file__).with_name("sentinels.jsonl")
UNKNOWN = 0.1  # of a text's tokens: more, and the model does not read what it says
TOO_LONG = "over the limits of tokens"
UNREADABLE = "in words that the model has no tokens for"
Asked = tuple[Ids, Ids]  # prompt, reply


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A prompt with a better and a worse reply; `note` says why it is the worse."""

    id: str
    kind: str
    prompt: str
    better: str
    worse: str
    note: str


@dataclass(frozen=True)
class Readable:
    """The sentinels that a model can read, their replies as tokens (better, worse, better, ...), and what it cannot."""

    sentinels: Sequence[Sentinel]
    pairs: Sequence[Asked]
    left_out: Counter[str]

    @property
    def why_left_out(self) -> str | None:
        said = [f"{count} {'is' if count == 1 else 'are'} {why}" for why, count in self.left_out.items()]
        return ", ".join(said) + "." if said else None


@cache
def sentinels() -> tuple[Sentinel, ...]:
    return tuple(Sentinel(**json.loads(line)) for line in FILE.read_text().splitlines() if line.strip())


def readable(every: Sequence[Sentinel], renderer: Renderer, limits: Limits) -> Readable:
    read, pairs, left_out = [], [], Counter[str]()
    for one in every:
        prompt = renderer.prompt_ids([{"role": "user", "content": one.prompt}])
        replies = [renderer.completion_ids(text) for text in (one.better, one.worse)]
        if limits.refuses_prompt(prompt) or any(limits.refuses_completion(prompt, reply) for reply in replies):
            left_out[TOO_LONG] += 1
        elif any(_unknown(text, renderer) > UNKNOWN for text in (prompt, *replies)):
            left_out[UNREADABLE] += 1
        else:
            read.append(one)
            pairs += [(prompt, reply) for reply in replies]
    return Readable(read, pairs, left_out)


def sentinels_section(found: Readable, raw: Tensor, scale: float) -> tuple[dict[str, Any] | None, str | None]:
    """The report from raw rewards of `found.pairs`, or why there is none."""
    if not found.sentinels:
        return None, found.why_left_out or "There are no sentinel pairs."
    values = raw.double().numpy() / scale
    return sentinels_report(found, values[::2] - values[1::2]), None


def sentinels_report(found: Readable, margins: Floats) -> dict[str, Any]:
    """`margins`: better minus worse, of each that is readable (at least one), in units of the scale."""
    read = found.sentinels
    kinds = list(dict.fromkeys(one.kind for one in read))
    of_kind = np.array([kinds.index(one.kind) for one in read])
    return {
        **_counted(margins),
        "kinds": [
            {"kind": kind, **_counted(margins[of_kind == n]), "margin": float(margins[of_kind == n].mean())}
            for n, kind in enumerate(kinds)
        ],
        "rows": [
            {**asdict(read[n]), "margin": float(margins[n]), "right": None if margins[n] == 0 else bool(margins[n] > 0)}
            for n in np.argsort(margins, kind="stable")
        ],
        "left_out": found.left_out.total(),
        "why_left_out": found.why_left_out,
    }


def _unknown(ids: Ids, renderer: Renderer) -> float:
    unknown = renderer.tokenizer.unk_token_id
    return sum(token == unknown for token in ids) / max(1, len(ids)) if unknown is not None else 0.0


def _counted(margins: Floats) -> dict[str, Any]:
    """Equal rewards are half right."""
    right, pairs = float(((np.sign(margins) + 1) / 2).sum()), len(margins)
    low, high = binomial_interval(right, pairs)
    return {"right": right, "pairs": pairs, "accuracy": right / pairs, "low": low, "high": high}
