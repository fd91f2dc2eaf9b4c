"""How well labelers agree, as the server says it: every number with its interval, and why one is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .transport import Transport

_EVERY = 15.0  # seconds, as the server asks for


@dataclass(frozen=True)
class Estimate:
    """`value` with its 95 % interval; None where `why`, a sentence, says why."""

    value: float | None
    low: float | None
    high: float | None
    method: str
    ties: str
    left_out: int
    why: str | None
    why_no_interval: str | None

    def __str__(self) -> str:
        if self.value is None:
            return self.why or "unknown"
        return f"{self.value:.3f}" + ("" if self.low is None else f" ({self.low:.3f} to {self.high:.3f})")


@dataclass(frozen=True)
class Agreement:
    """Of all labelers, and of each beside everybody they met. `answer` has the rest: cohorts, versions, months, scales."""

    computed_at: datetime
    judgments: int
    tasks: int
    prompts: int
    pairs: int
    statistics: dict[str, Estimate]
    labelers: dict[str, dict[str, Estimate]]
    answer: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Agreement":
        overall, sentences = answer["overall"], answer["sentences"]
        return cls(
            computed_at=datetime.fromisoformat(answer["computed_at"]),
            **{name: overall[name] for name in ("judgments", "tasks", "prompts", "pairs")},
            statistics=_estimates(overall["statistics"], sentences),
            labelers={one["labeler"]: _estimates(one["statistics"], sentences) for one in answer["labelers"]},
            answer=answer,
        )


def agreement_of(calls: Transport, project: str) -> Agreement:
    """The newest report; the first one of a large project is waited for."""
    while (answer := calls.get(f"projects/{project}/agreement/")) is None:
        calls.pause(_EVERY)
    return Agreement.of(answer)


def _estimates(statistics: Mapping[str, Mapping[str, Any]], sentences: Mapping[str, Any]) -> dict[str, Estimate]:
    """Its codes as the sentences that the report gives for them."""
    return {
        name: Estimate(**{
            **one,
            "ties": sentences["ties"].get(one["ties"], one["ties"]),
            "why": sentences["why"].get(one["why"], one["why"]),
            "why_no_interval": sentences["why"].get(one["why_no_interval"], one["why_no_interval"]),
        })
        for name, one in statistics.items()
    }  # fmt: skip
