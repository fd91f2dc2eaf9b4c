"""A line of metrics.jsonl: one step's numbers."""

import math
from dataclasses import dataclass

import orjson

NAME_MAX = 60
STEP_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """`total` is the number of steps the program means to take, where it says so."""

    step: int
    total: int | None
    numbers: dict[str, float]


def parse_metrics(line: bytes) -> StepMetrics:
    """Raises ValueError that says what is wrong with the line: not JSON (NaN is not), no step, not a finite number."""
    value = orjson.loads(line)
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    step, total = value.pop("step", None), value.pop("steps_total", None)
    if not _is_step(step):
        raise ValueError(f"step: a whole number from 0 is expected, got {step!r}")
    if total is not None and not _is_step(total):
        raise ValueError(f"steps_total: a whole number from 0 is expected, got {total!r}")
    for name, number in value.items():
        if not 0 < len(name) <= NAME_MAX or "\x00" in name:
            raise ValueError(f"a name of 1 to {NAME_MAX} characters is expected, got {name!r}")
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise ValueError(f"{name}: a finite number is expected, got {number!r}")
    return StepMetrics(step, total, {name: float(number) for name, number in value.items()})


def _is_step(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= STEP_MAX
