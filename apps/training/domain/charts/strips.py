"""Shares with their 95 % intervals, drawn below each other on one axis."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..readings.report_json import share, whole
from .chart import STRIP_HIGH, along, percent, strip_low


@dataclass(frozen=True, slots=True)
class Measure:
    """The share of ordered pairs on which something agrees with the labelers, with its 95 % interval.

    `note` stands below the label, `beside` in a column of its own.
    """

    key: str
    label: str
    accuracy: float
    low: float
    high: float
    pairs: int | None
    prompts: int | None
    axis: float = 0.4
    note: str = ""
    beside: str = ""

    @property
    def text(self) -> str:
        return percent(self.accuracy)

    @property
    def interval(self) -> str:
        return between(self.low, self.high)

    @property
    def at(self) -> str:
        return along(self.accuracy, self.axis)

    @property
    def begin(self) -> str:
        return along(self.low, self.axis)

    @property
    def end(self) -> str:
        return along(self.high, self.axis)


@dataclass(frozen=True, slots=True)
class Strips:
    """`rows` on one axis that starts at `axis`."""

    rows: list[Measure]
    axis: float

    @property
    def ticks(self) -> list[tuple[str, str]]:
        """Places and names of the axis' ticks, a tenth apart; a fifth where the axis is long."""
        first, last = round(10 * self.axis), round(10 * STRIP_HIGH)
        step = 1 if last - first <= 6 else 2
        return [(along(tenth / 10, self.axis), f"{10 * tenth}") for tenth in range(last, first - 1, -step)][::-1]

    @property
    def chance(self) -> str:
        return along(0.5, self.axis)

    @property
    def has_prompts(self) -> bool:
        return any(row.prompts is not None for row in self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)


def strips(found: Iterable[Measure | None]) -> Strips:
    """Those that are there, on one axis."""
    rows = [row for row in found if row is not None]
    axis = strip_low([row.low for row in rows])
    return Strips([replace(row, axis=axis) for row in rows], axis)


def measure(key: str, label: str, numbers: Mapping[str, Any], *, note: str = "", beside: str = "") -> Measure | None:
    """A `Share` of a report; None where it is not whole."""
    accuracy, low, high = (share(numbers.get(name)) for name in ("accuracy", "low", "high"))
    if accuracy is None or low is None or high is None:
        return None
    sizes = whole(numbers.get("pairs")), whole(numbers.get("prompts"))
    return Measure(key, label, accuracy, low, high, *sizes, note=note, beside=beside)


def between(low: float, high: float) -> str:
    """`69.0 to 75.0 %`."""
    return f"{100 * low:.1f} to {percent(high)}"
