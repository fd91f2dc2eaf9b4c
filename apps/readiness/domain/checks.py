"""Whether the data of today is fit to train on: rules over facts, each with what is missing.

The limits are choices, said here once and on the page beside what they judge (docs/readiness.md says where they come
from). A rule answers a Check: met, a doubt to know of, or something that is missing, without which a reward model
would teach nothing that anybody could trust.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt

# Below it a reward model has little to learn from; InstructGPT's had 33,207 prompts of 4 to 9 completions (section 3.2).
FEW_COMPARISONS = 1000
# Accuracy on n prompts is known to 0.98 / sqrt(n) at worst (95 %): on 100 to ten points either way.
FEW_HELD_OUT_PROMPTS = 100
# Half the width of the interval of agreement that still tells one guideline from another.
WIDE = 0.05
# One labeler's share of the rankings: beyond it the model learns a person.
HEAVY = 1 / 3
# Of the rankings: by labelers who fail gold; made under a guideline that meant something else.
MANY_BY_FAILING, MANY_OLD = 0.1, 0.5


class Standing(StrEnum):
    MISSING = "missing"
    DOUBT = "doubt"
    MET = "met"


class Verdict(StrEnum):
    NO = "no"
    DOUBTFUL = "doubtful"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Known:
    """A share with its 95 % interval, where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a project. All rankings are those that a training snapshot made now would take.

    Shares are of those rankings. `agreement` leaves ties out. None is what nobody has measured: no overlap, no gold
    answered, no guideline, no report yet.
    """

    rankings: int
    comparisons: int
    labelers: int
    heaviest: float = 0.0
    held_out_prompts: int = 0
    held_out_labelers: int = 0
    agreement: Known | None = None
    gold_labelers: int = 0
    by_failing: float = 0.0
    guideline: int | None = None
    old: float = 0.0
    cause: str | None = None
    causes_told: bool = False
    opposed: int = 0
    habits: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """`reason` says which sentence it is, `values` what stands in it."""

    name: str
    standing: Standing
    reason: str
    values: dict[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readiness:
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        found = {check.standing for check in self.checks}
        if Standing.MISSING in found:
            return Verdict.NO
        return Verdict.DOUBTFUL if Standing.DOUBT in found else Verdict.YES

    def having(self, standing: Standing) -> list[Check]:
        return [check for check in self.checks if check.standing == standing]


def readiness(facts: Facts) -> Readiness:
    """Every rule on `facts`: what is missing first, then the doubts, then what is met."""
    checks = [Check(name, *rule(facts)) for name, rule in RULES.items()]
    order = list(Standing)
    return Readiness(tuple(sorted(checks, key=lambda check: order.index(check.standing))))


Found = tuple[Standing, str, dict[str, float | int | str]]


def _comparisons(facts: Facts) -> Found:
    values: dict[str, float | int | str] = {"comparisons": facts.comparisons, "rankings": facts.rankings}
    if not facts.comparisons:
        return Standing.MISSING, "none" if not facts.rankings else "ties_only", values
    if facts.comparisons < FEW_COMPARISONS:
        return Standing.DOUBT, "few", values | {"least": FEW_COMPARISONS}
    return Standing.MET, "enough", values


def _held_out_prompts(facts: Facts) -> Found:
    prompts = facts.held_out_prompts
    if not prompts:
        return Standing.MISSING, "none", {}
    values: dict[str, float | int | str] = {"prompts": prompts, "margin": 0.98 / sqrt(prompts)}
    return (Standing.DOUBT, "few", values) if prompts < FEW_HELD_OUT_PROMPTS else (Standing.MET, "enough", values)


def _held_out_labelers(facts: Facts) -> Found:
    if not facts.held_out_labelers:
        return Standing.DOUBT, "none", {}
    return Standing.MET, "some", {"labelers": facts.held_out_labelers}


def _agreement(facts: Facts) -> Found:
    known = facts.agreement
    if known is None:
        return Standing.MISSING, "unknown", {}
    values: dict[str, float | int | str] = {"value": known.value}
    if known.low is None or known.high is None:
        return Standing.DOUBT, "no_interval", values
    values |= {"low": known.low, "high": known.high}
    if known.low <= 0.5:
        return Standing.MISSING, "chance", values
    return (Standing.DOUBT, "wide", values) if known.high - known.low > 2 * WIDE else (Standing.MET, "known", values)


def _gold(facts: Facts) -> Found:
    if not facts.gold_labelers:
        return Standing.DOUBT, "none", {}
    values: dict[str, float | int | str] = {"labelers": facts.gold_labelers, "share": facts.by_failing}
    if facts.by_failing > MANY_BY_FAILING:
        return Standing.DOUBT, "failing", values
    return Standing.MET, "passed", values


def _guideline(facts: Facts) -> Found:
    if facts.guideline is None:
        return Standing.DOUBT, "none", {}
    values: dict[str, float | int | str] = {"number": facts.guideline, "share": facts.old}
    return (Standing.DOUBT, "old", values) if facts.old > MANY_OLD else (Standing.MET, "current", values)


def _weight(facts: Facts) -> Found:
    values: dict[str, float | int | str] = {"labelers": facts.labelers, "share": facts.heaviest}
    if facts.labelers == 1:
        return Standing.DOUBT, "alone", values
    return (Standing.DOUBT, "heavy", values) if facts.heaviest > HEAVY else (Standing.MET, "spread", values)


def _causes(facts: Facts) -> Found:
    if facts.cause:
        return Standing.DOUBT, "named", {"cause": facts.cause}
    return (Standing.MET, "none", {}) if facts.causes_told else (Standing.DOUBT, "untold", {})


def _adjudication(facts: Facts) -> Found:
    if facts.opposed:
        return Standing.DOUBT, "waiting", {"tasks": facts.opposed}
    return Standing.MET, "none", {}


def _habits(facts: Facts) -> Found:
    if facts.habits is None:
        return Standing.DOUBT, "unknown", {}
    return (Standing.DOUBT, "some", {"habits": facts.habits}) if facts.habits else (Standing.MET, "none", {})


Rule = Callable[[Facts], Found]
RULES: dict[str, Rule] = {
    "comparisons": _comparisons,
    "held_out_prompts": _held_out_prompts,
    "agreement": _agreement,
    "held_out_labelers": _held_out_labelers,
    "gold": _gold,
    "guideline": _guideline,
    "weight": _weight,
    "causes": _causes,
    "adjudication": _adjudication,
    "habits": _habits,
}
