"""What a bias report says: rates with intervals and counts, and sentences that a page can translate. Never a NaN.

A sentence is a fixed English text with named places, and the values that go there. The text is the key of its
translation; a value is a share (shown in percent), a whole number, a text, or a text or sentence that is itself to be
translated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Words(StrEnum):
    """A family of fixed texts: the member's name is the code, its value the English text."""


Value: TypeAlias = "float | int | str | Words | Sentence"


@dataclass(frozen=True, slots=True)
class Sentence:
    words: Words
    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = str) -> str:
        """`translate` gives the text of another language, with the same places; English without it."""
        return translate(self.words.value).format(
            **{name: _shown(value, translate) for name, value in self.values.items()}
        )

    def __str__(self) -> str:
        return self.text()


def _shown(value: Value, translate: Callable[[str], str]) -> str:
    if isinstance(value, Sentence):
        return value.text(translate)
    if isinstance(value, Words):
        return translate(value.value)
    if isinstance(value, float):
        return f"{100 * value:.1f} %"
    return str(value)


class Method(Words):
    """How an interval was found."""

    PROMPTS = "Percentile bootstrap: whole prompts are drawn with replacement, with all that was said of them."
    SAME_EVERYWHERE = "Wilson's interval, each cluster one observation: they all say the same."
    LABELERS = "Ratio over labelers with Student's t: labelers count as the sample, not their judgments."
    WILSON = "Wilson's interval of a share: each judgment is one observation."
    FLIPS = "Exact: the slopes that a test by sign flips over labelers does not refuse."


class Why(Words):
    """Why there is no value, or no interval."""

    NOTHING = "There are no judgments that this could be computed from."
    TOO_FEW_PROMPTS = "Fewer than {fewest} prompts have such a pair; a rate over so few would mislead."
    ALL_TIES = "Every such pair is tied, so neither side is preferred."
    NO_PLACES = "The order in which candidates were shown is not known for these judgments."
    NO_DIFFERENCE = "No two candidates of one judgment differ in this."
    NOT_ENGLISH = "The word lists are English, and no prompt is known to be in English."
    ONE_VIEW = "All judgments were made in one view, so there is nothing to compare."
    NO_VIEW = "In which view these judgments were made is not known."
    NO_TIMES = "Active time is not known for these judgments."
    NO_SUBMITS = "When the judgments were submitted is not known."
    NO_STRETCH = "No labeler worked on for long enough at a stretch to see a change over its hours."
    NO_OVERLAP = "No task was judged by two labelers, so there is nothing to agree with."
    NO_VARIATION = "All values are the same, so there is no change to see."
    FEW_LABELERS = "Fewer than {fewest} labelers: too few to tell one person's habit from everybody's."
    ONE_LABELER = "There is one labeler only, so nobody can be left out."
    CENSUS = "This counts all there is, so there is no interval."
    NOT_TOLD = "The browser did not tell how much was pasted."


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float
    level: float
    method: Method

    def above(self, value: float) -> bool:
        return self.low > value

    def below(self, value: float) -> bool:
        return self.high < value


@dataclass(frozen=True, slots=True)
class Counts:
    """What a number rests on. `units` are what the rate is of: pairs of candidates, judgments or demonstrations;
    `ties` are those of the units that are tied pairs."""

    units: int = 0
    ties: int = 0
    judgments: int = 0
    prompts: int = 0
    labelers: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """`value` is None exactly where `why` is set; a value has an interval or a sentence why it has none."""

    counts: Counts
    value: float | None = None
    interval: Interval | None = None
    why: Sentence | None = None
    why_no_interval: Sentence | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.why is None):
            raise ValueError("a rate has either a value or a sentence why there is none")
        if self.value is not None and (self.interval is None) == (self.why_no_interval is None):
            raise ValueError("a value has either an interval or a sentence why it has none")

    def side_of(self, value: float) -> int | None:
        """1 or -1 where the whole interval is above or below a value, 0 where it is not; None where there is none."""
        if self.interval is None:
            return None
        return int(self.interval.above(value)) - int(self.interval.below(value))


@dataclass(frozen=True, slots=True)
class Told:
    """What was found, in a sentence, and what it would teach a reward model trained on these judgments."""

    found: Sentence
    lesson: Sentence | None = None
