"""The geometry of a chart of points with their intervals, and the table behind it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..readings.saying import Sentence


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with the ends of its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Plot:
    """Points with intervals in a box of 100 x 100, y downwards; whatever lies outside the axes is drawn at their edge.

    `guide` is a line to compare with, from its first to its last place. `columns` and `rows` are the table behind it.
    """

    name: str
    label: Sentence
    description: Sentence
    dots: Sequence[Dot]
    across: tuple[float, float]
    up: tuple[float, float]
    ends_across: tuple[str, str]
    ends_up: tuple[str, str]
    title_across: Sentence
    guide: Sequence[tuple[float, float]] = ()
    columns: Sequence[Sentence] = field(default_factory=list)
    rows: Sequence[Sequence[str]] = field(default_factory=list)

    @property
    def line(self) -> str:
        return _path([(dot.x, dot.y) for dot in self.dots], self)

    @property
    def guide_line(self) -> str:
        return _path(self.guide, self)

    @property
    def intervals(self) -> str:
        return " ".join(f"M{self.at(dot.x)} {self.over(dot.low)} V{self.over(dot.high)}" for dot in self.dots)

    @property
    def marks(self) -> str:
        """Lines of no length that a round cap makes dots."""
        return " ".join(f"M{self.at(dot.x)} {self.over(dot.y)} h0" for dot in self.dots)

    def at(self, x: float) -> str:
        return f"{100 * _along(x, self.across):.2f}"

    def over(self, y: float) -> str:
        return f"{100 - 100 * _along(y, self.up):.2f}"


def axis_of_shares(lowest: float) -> tuple[float, float]:
    """From a tenth below what is shown, or 0.4, to 1."""
    return min(0.4, math.floor(10 * lowest) / 10), 1.0


def _path(places: Sequence[tuple[float, float]], plot: Plot) -> str:
    return "M" + " L".join(f"{plot.at(x)} {plot.over(y)}" for x, y in places) if places else ""


def _along(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return min(max((value - low) / (high - low), 0), 1) if high > low else 0.5
