"""What is said of each cause: a share of the disagreement with its interval and p-value, or why there is none."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from apps.quality.domain.resampling import Bootstrap, ratio

from .given import Floats
from .laws import mean_above_zero

# A cause is named where its share is as large at least, and its p-value, corrected for all that were tried, as small.
MATERIAL = 0.03
LEVEL = 0.01
BOOTSTRAP = Bootstrap(resamples=500)


class Cause(StrEnum):
    NOISE = "noise"
    PLURALISM = "pluralism"
    GUIDELINE = "guideline"
    PROMPTS = "prompts"


class Of(StrEnum):
    """What the share is a share of."""

    RANKINGS = "rankings"
    MARKS = "marks"


class Why(StrEnum):
    """Why a cause cannot be told, or has no interval. The member's name is the code, its value the English text."""

    NO_OVERLAP = "Not enough overlap to tell: no prompt was ranked by two persons."
    FEW_PROMPTS = "Not enough overlap to tell: fewer than 30 prompts were ranked by two persons or more."
    NO_DISAGREEMENT = "Labelers order everything alike, so there is no disagreement to explain."
    FEW_LABELERS = "Not enough overlap to tell: this needs four labelers who each share tasks with the others."
    FEW_KINDS = "Not enough overlap to tell: this needs two use cases with ten prompts each, or three fields, that two persons judged."
    FEW_A_TASK = "Not enough overlap to tell: this needs prompts that were flagged or skipped, or 30 tasks that three persons ranked."
    NOTHING_SUSPECTED = "Nothing stands out, so there is nothing to measure."


@dataclass(frozen=True, slots=True)
class Evidence:
    """`share` of the disagreement that would be gone without the cause; None exactly where `why` is set. `p` is one-sided
    and not yet corrected."""

    share: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    why: Why | None = None
    why_no_interval: Why | None = None


NOTHING = Evidence(0.0, p=1.0, why_no_interval=Why.NOTHING_SUSPECTED)


def measured(excess: Floats, total: Floats) -> Evidence:
    """`excess` and `total` disagreement of each prompt. Prompts are the units of the interval and of the test."""
    whole = float(total.sum())
    if not whole or not excess.any():
        return NOTHING
    share = float(excess.sum() / whole)
    draws, defined = ratio(BOOTSTRAP.drawn(np.column_stack([excess, total])))
    interval = BOOTSTRAP.interval(draws, defined)
    p = mean_above_zero(excess)
    if interval is None:
        return Evidence(share, p=p, why_no_interval=Why.NOTHING_SUSPECTED)
    return Evidence(share, interval.low, interval.high, p)


def holm(p: dict[Cause, float]) -> dict[Cause, float]:
    """S. Holm's step-down correction, A simple sequentially rejective multiple test procedure, 1979."""
    corrected, reached = {}, 0.0
    for rank, cause in enumerate(sorted(p, key=lambda one: p[one])):
        reached = max(reached, min(1.0, p[cause] * (len(p) - rank)))
        corrected[cause] = reached
    return corrected
