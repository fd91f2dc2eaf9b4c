"""How fast an attempt goes: steps and tokens between its first step's end and its last's."""

import time
from dataclasses import dataclass


@dataclass
class Pace:
    """The first step is left out: it also waits for libraries and caches that are filled once."""

    steps: int = 0
    tokens: int = 0
    _first: float = 0.0
    _last: float = 0.0

    def step(self, tokens: int = 0) -> None:
        """A step ended that read so many tokens, where that is known."""
        self._last = time.monotonic()
        if not self._first:
            self._first = self._last
            return
        self.steps += 1
        self.tokens += tokens

    def to_json(self) -> dict[str, float]:
        taken = self._last - self._first
        counts = {"steps_per_second": self.steps, "tokens_per_second": self.tokens}
        return {name: round(count / taken, 3) for name, count in counts.items() if count and taken > 0}
