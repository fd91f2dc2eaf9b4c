"""A report is a program's JSON, and another version of the program may have written it: whatever is not there, or is
not what it should be, is left out rather than guessed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def above(self) -> bool:
        """Shown to be over 0."""
        return self.low > 0

    @property
    def below(self) -> bool:
        return self.high < 0


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def finite(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # Compared first: a whole number beyond every float cannot be asked whether it is finite.
    return float(value) if is_number and -_LARGEST <= value <= _LARGEST and math.isfinite(value) else None


def share(value: Any) -> float | None:
    number = finite(value)
    return number if number is not None and 0 <= number <= 1 else None


def whole(value: Any) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and -_LARGEST <= value <= _LARGEST else None


def estimate(value: Any) -> Estimate | None:
    found = mapping(value)
    number, low, high = (finite(found.get(name)) for name in ("value", "low", "high"))
    return None if number is None or low is None or high is None else Estimate(number, low, high)
