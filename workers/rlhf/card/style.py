"""What a reward model might lean on instead of quality: a number for each text, by simple patterns.

The word lists are English and short. They are good for asking which of two replies has more, not for how much there is.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

HEDGES = (
    "perhaps", "maybe", "possibly", "probably", "might", "seems", "appears to", "i think", "i believe", "i'm not sure",
    "i am not sure", "as far as i know", "it depends", "generally", "usually", "typically", "in general", "somewhat",
)  # fmt: skip
APOLOGIES = (
    "sorry", "i apologize", "i apologise", "my apologies", "unfortunately", "i'm afraid", "i am afraid", "i can't",
    "i cannot", "i'm unable", "i am unable", "as an ai",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feature:
    """`unit` is what is counted."""

    name: str
    unit: str
    measure: Callable[[str], float]


def _matches(pattern: str) -> Callable[[str], float]:
    found = re.compile(pattern, re.MULTILINE)
    return lambda text: float(len(found.findall(text)))


def _phrases(words: tuple[str, ...]) -> Callable[[str], float]:
    count = _matches(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b")
    return lambda text: count(text.lower().replace("\u2019", "'"))


FEATURES = (
    Feature("characters", "characters", len),
    Feature("log_characters", "characters, logarithm", lambda text: math.log1p(len(text))),
    Feature("lists", "list items", _matches(r"^[ \t]{0,8}(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+\S")),
    Feature("headings", "headings", _matches(r"^ {0,3}#{1,6}[ \t]+\S")),
    Feature("bold", "bold passages", _matches(r"\*\*[^\s*][^*\n]{0,200}\*\*")),
    Feature("code", "code fences", _matches(r"^[ \t]{0,8}(?:```|~~~)")),
    Feature("exclamation", "exclamation marks", _matches(r"[!\u00a1\uff01]")),
    Feature("hedges", "hedging words", _phrases(HEDGES)),
    Feature("apologies", "apologies and refusals", _phrases(APOLOGIES)),
    Feature("questions", "questions", _matches(r"[?\uff1f](?=[\s\"'\u201d)*_]|$)")),
)
