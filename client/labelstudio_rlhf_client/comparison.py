"""Models side by side, as the server compares them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Preferred:
    """How often people ranked replies of the model `one` above those of `other`, both by uid. `share` counts a tie for
    half; `low` and `high` are its 95 % interval, None where there are too few prompts."""

    one: str
    other: str
    above: int
    tied: int
    below: int
    prompts: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Measure:
    """A number that a report says, with its interval where it says one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Comparison:
    """`measured`, `facts` and `settings` hold for each name a value a model, in the order of `models`, None where it does
    not say. `preferred` is None while a large project's rankings are counted for the first time."""

    models: list[dict[str, Any]]
    preferred: list[Preferred] | None
    computed_at: datetime | None
    measured: dict[str, list[Measure | None]]
    facts: dict[str, list[Any]]
    settings: dict[str, list[Any]]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Comparison":
        counted = answer["preferred"]
        return cls(
            models=answer["models"],
            preferred=[_of(Preferred, pair) for pair in counted["pairs"]] if counted else None,
            computed_at=datetime.fromisoformat(counted["computed_at"]) if counted else None,
            measured={
                row["name"]: [_of(Measure, one) if one else None for one in row["values"]] for row in answer["measured"]
            },
            facts={row["name"]: row["values"] for row in answer["facts"]},
            settings={row["name"]: row["values"] for row in answer["settings"]},
        )


def _of(kind: type[T], answer: Mapping[str, Any]) -> T:
    """What this version of the package knows of the answer: a newer server may say more."""
    return kind(**{field.name: answer[field.name] for field in fields(kind)})  # type: ignore[arg-type]
