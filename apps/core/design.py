"""What the design page shows: the stylesheets read as data, so that the page cannot say anything else."""

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings

from .design_frames import FRAMES
from .domain.palette import Token, contrast, tokens_of

# What is set on what. Text must reach 4.5 (WCAG 1.4.3), the edge of a control 3 (1.4.11).
TEXT, EDGE = 4.5, 3.0
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((ink, ground, TEXT) for ink in ("ink", "ink-soft", "accent") for ground in ("paper", "sheet", "sunk")),
    ("ink", "accent-soft", TEXT),
    ("accent-strong", "sheet", TEXT),
    ("accent-strong", "accent-soft", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("warn", "warn-soft", TEXT),
    ("bad", "bad-soft", TEXT),
    ("bad", "sheet", TEXT),
    ("line-strong", "sheet", EDGE),
    ("line-strong", "paper", EDGE),
    ("accent", "accent-soft", EDGE),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour on another, in both schemes."""

    over: Token
    under: Token
    least: float

    @property
    def light(self) -> float:
        return contrast(self.over.light, self.under.light)

    @property
    def dark(self) -> float:
        return contrast(self.over.dark, self.under.dark)


def stylesheet(name: str) -> str:
    return (Path(settings.BASE_DIR) / "static" / "css" / name).read_text(encoding="utf-8")


@cache
def design_context() -> dict[str, Any]:
    """The tokens by part, and the contrasts of every pair that the pages use."""
    tokens = tokens_of(stylesheet("tokens.css"))
    by_name = {token.name: token for token in tokens}
    parts = [(part, list(group)) for part, group in groupby(tokens, key=lambda token: token.part)]
    return {
        "colours": [(part, group) for part, group in parts if group[0].light],
        "measures": [(part, group) for part, group in parts if not group[0].light],
        "pairs": [Pair(by_name[over], by_name[under], least) for over, under, least in PAIRS],
        "frames": [
            (list(names), use) for use, names in groupby(sorted(FRAMES, key=lambda name: str(FRAMES[name])), FRAMES.get)
        ],
        "long_text": LONG_TEXT,
        "rich_text": RICH_TEXT,
    }


RICH_TEXT = r"""#### A heading of a text

A line with *emphasis*, `code` and $e^{i\pi} + 1 = 0$.

- one
- two

| Dose | Hours |
|---|---|
| 5 mg | 8 |

$$\sum_{k=1}^{n} k = \frac{n(n+1)}{2}$$

مرحبا: a paragraph begins on the side of its own writing.
"""
LONG_TEXT = "\n\n".join(
    f"Paragraph {number} of a text that is long enough to be folded: only its first lines are shown, and the button "
    "under them says how much more there is."
    for number in range(1, 28)
)
