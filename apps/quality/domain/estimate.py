"""What a statistic says: a number with its interval and counts, or a sentence why there is none. Never a NaN.

The sentences are fixed, without numbers in them, so that a page can translate them: the member's name is the code,
its value the English text.
"""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why there is no value, or no interval."""

    NO_OVERLAP = "No task has judgments of two different labelers, so there is nothing to compare."
    ONE_JUDGMENT = "There is one judgment only, so there is nothing to compare."
    ONE_LABELER = "All judgments come from one labeler, so there is nothing to compare."
    NO_JUDGMENTS = "There are no judgments."
    ALL_TIES = "In every pair at least one of the two labelers said tie, so nothing is left without ties."
    NO_VARIATION = "All values are the same, so agreement beyond chance is not defined."
    TIES_ONLY = "A ranking in which everything is tied has no order to compare."
    MIXED_SIZES = "The rankings have different numbers of candidates, so they do not rank the same things."
    MIXED_LABELERS = "The units have different numbers of labelers; this statistic needs a fixed number."
    TOO_FEW_TARGETS = "At least two rated candidates are needed."
    TWO_GROUPS = "This statistic looks at all labelers of a task together, not at those of two groups side by side."
    INCOMPLETE = "Not every rater rated every target; this form needs them all."
    NO_AVERAGE = "The targets do not differ in their means, so the reliability of an average is not defined."
    ONE_PROMPT = "An interval is drawn over prompts, and there is one prompt only."
    FEW_PROMPTS = "Fewer than 20 prompts were judged by two labelers under one of the versions; a difference over so few would mislead."
    NOT_CONNECTED = (
        "Some items never lost to, or never beat, the rest, directly or through others: strength has no bound."
    )


class Ties(StrEnum):
    """What a statistic does with ties."""

    OUTCOME = "A tie is an outcome of its own: two labelers agree when both say tie."
    LEFT_OUT = "A pair is left out when either of the two labelers says tie."
    TAU_B = "Ties are taken out of the denominator, for each ranking its own (tau-b)."
    MID_RANKS = "Tied candidates share the mean of their ranks, and the denominator is corrected for them."
    CATEGORY = "A tie is a category: better, tie, worse. Each pair is counted in both orientations."
    NONE = "Scales have no ties."


@dataclass(frozen=True, slots=True)
class Interval:
    """Percentile bootstrap over prompts: whole prompts are drawn with replacement, with all that was said of them."""

    low: float
    high: float
    level: float
    resamples: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What a number rests on.

    `meetings`: two judgments of one task by two labelers. `pairs`: two candidates on which two labelers are compared,
    the unit that pairwise agreement counts.
    """

    tasks: int = 0
    prompts: int = 0
    labelers: int = 0
    meetings: int = 0
    pairs: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` is None exactly where `why` is set. `left_out` counts the units that the statistic could not use."""

    method: str
    ties: Ties
    counts: Counts
    value: float | None = None
    interval: Interval | None = None
    why: Why | None = None
    why_no_interval: Why | None = None
    left_out: int = 0

    def __post_init__(self) -> None:
        if (self.value is None) == (self.why is None):
            raise ValueError("an estimate has either a value or a sentence why there is none")
