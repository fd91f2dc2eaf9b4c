"""The geometry of curves and interval strips, and how their numbers are written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Where an interval strip begins and ends: chance is 0.5, so a little below it must be visible.
STRIP_LOW, STRIP_HIGH = 0.4, 1.0
Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over steps, ready to draw.

    `path` is SVG path data in a box of 100 x 100, y downwards. `low`, `high` and `count` are of every value there is,
    `points` of those that are drawn.
    """

    name: str
    label: str
    points: tuple[Point, ...]
    low: float
    high: float
    count: int

    @property
    def first_step(self) -> int:
        return self.points[0][0]

    @property
    def last_step(self) -> int:
        return self.points[-1][0]

    @property
    def last(self) -> float:
        return self.points[-1][1]

    @property
    def path(self) -> str:
        return "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in self._places())

    @property
    def end(self) -> str:
        """The last point, as a line of no length that a round cap makes a dot."""
        x, y = self._places()[-1]
        return f"M{x:.2f} {y:.2f} h0"

    @property
    def description(self) -> str:
        return (
            f"{self.count:,} value{'' if self.count == 1 else 's'} from step {self.first_step:,} to {self.last_step:,}: "
            f"lowest {short(self.low)}, highest {short(self.high)}, last {short(self.last)}."
        )

    def rows(self, wanted: int = 20) -> list[Point]:
        """At most `wanted` points for a table: the first, the last, and evenly between them."""
        if len(self.points) <= wanted:
            return list(self.points)
        gaps = wanted - 1
        return [self.points[round(index * (len(self.points) - 1) / gaps)] for index in range(wanted)]

    def _places(self) -> list[tuple[float, float]]:
        steps = max(self.last_step - self.first_step, 1)
        height = self.high - self.low
        return [
            (100 * (step - self.first_step) / steps, 100 * (self.high - value) / height if height else 50.0)
            for step, value in self.points
        ]


def short(value: float) -> str:
    """Four significant digits at most: 0.01234, 9.65e-6, 12,346."""
    if not math.isfinite(value):
        return str(value)
    if value and not 1e-4 <= abs(value) < 1e15:
        mantissa, exponent = f"{value:.3g}".split("e") if "e" in f"{value:.3g}" else (f"{value:.3g}", "")
        return f"{mantissa}e{int(exponent)}" if exponent else mantissa
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float, digits: int = 1) -> str:
    """0.7124 -> `71.2 %`, with a space that does not break."""
    return f"{100 * share:.{digits}f}\u00a0%"


def strip_low(lows: Sequence[float]) -> float:
    """Where the common axis begins: at 0.4, or at the tenth below the lowest interval."""
    return min([STRIP_LOW, *(math.floor(10 * low) / 10 for low in lows)])


def along(value: float, low: float, high: float = STRIP_HIGH) -> str:
    """A value's place on the strip, as an SVG percentage."""
    return f"{100 * (min(max(value, low), high) - low) / (high - low):.2f}%"
