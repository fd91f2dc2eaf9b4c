"""Why labelers disagree: the four causes of one project, each beyond what those before it explain, and which are named.

The order is fixed. An unclear use case first: it is a property of prompts and cannot be mistaken for people. Then groups,
which reliabilities do not explain; then labelers and judgments that stand out, given the groups; then prompts, by what
reliable labelers of one group say of them. A cause that is not named explains nothing away.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from apps.quality.domain.table import Ints

from .evidence import LEVEL, MATERIAL, Cause, Evidence, Of, Why, holm
from .examples import Example, of_prompts, of_tasks
from .given import Bools, Given
from .guideline import Unclear, fields, use_cases
from .meetings import Meetings, meetings_of
from .noise import Noise, noise, touched
from .places import Place, places_of_fields, places_of_use_cases
from .pluralism import Pluralism, pluralism
from .prompts import prompts

FEWEST_PROMPTS = 30


@dataclass(frozen=True, slots=True)
class Found:
    """One cause. `corrected` is the p-value by Holm over the causes that could be told; `named` whether it is one."""

    cause: Cause
    evidence: Evidence
    of: Of = Of.RANKINGS
    corrected: float | None = None
    named: bool = False
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Labeler:
    """Of one labeler, by the caller's index: reliability from 0 to 1, the group (0 the largest; None without groups), and
    what they are suspected for."""

    labeler: int
    reliability: float
    group: int | None
    agreement: bool
    retest: bool
    gold: bool


@dataclass(frozen=True, slots=True)
class Report:
    """`causes`: the named ones first, the largest share first. `opposite` of `compared` pairs of candidates were ordered
    the opposite way. What is named after `labelers` holds the caller's indexes, of what stands out."""

    why: Why | None = None
    prompts: int = 0
    judgments: int = 0
    meetings: int = 0
    compared: int = 0
    opposite: int = 0
    causes: tuple[Found, ...] = ()
    labelers: tuple[Labeler, ...] = ()
    quick: int = 0
    use_cases: tuple[int, ...] = ()
    fields: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    flagged: tuple[int, ...] = ()
    chance: tuple[int, ...] = ()
    shared: float | None = None
    retests: tuple[int, int] = field(default=(0, 0))

    @property
    def named(self) -> tuple[Cause, ...]:
        return tuple(one.cause for one in self.causes if one.named)


def report(data: Given) -> Report:
    met = meetings_of(data)
    counts = Report(
        prompts=len(met.prompts), judgments=int(data.judged.person.sum()), meetings=len(met),
        compared=round(met.compared.sum()), opposite=round(met.opposite.sum()),
        retests=(int(data.retests.right.sum()), int(data.retests.of.sum())),
    )  # fmt: skip
    why = _nothing_to_tell(met)
    return replace(counts, why=why) if why else _told(data, met, counts)


def _nothing_to_tell(met: Meetings) -> Why | None:
    if not len(met):
        return Why.NO_OVERLAP
    if len(met.prompts) < FEWEST_PROMPTS:
        return Why.FEW_PROMPTS
    return None if met.opposite.sum() > 0 else Why.NO_DISAGREEMENT


def _told(data: Given, met: Meetings, counts: Report) -> Report:
    left = np.ones(len(met), np.bool_)
    by_case, by_field = use_cases(met), fields(data.marks)
    guideline, of = _of_both(by_case, by_field)
    if stands_out(by_case.evidence):
        left &= ~np.isin(met.use_case, by_case.names)
    groups = pluralism(met, left)
    split = groups.split if stands_out(groups.evidence) else None
    careless = noise(data, met, left, split)
    if split is not None:
        left &= ~split.across(met.one, met.other)
    if stands_out(careless.evidence):
        left &= ~touched(met, careless)
    bad = prompts(data, met, left, met.by_prompt(met.opposite))
    found = _named({
        Cause.PLURALISM: Found(Cause.PLURALISM, groups.evidence),
        Cause.NOISE: Found(Cause.NOISE, careless.evidence),
        Cause.GUIDELINE: Found(Cause.GUIDELINE, guideline, of),
        Cause.PROMPTS: Found(Cause.PROMPTS, bad.evidence),
    })  # fmt: skip
    hit = {
        Cause.PLURALISM: groups.split.across(met.one, met.other) if groups.split else np.zeros(len(met), np.bool_),
        Cause.NOISE: touched(met, careless),
        Cause.GUIDELINE: np.isin(met.use_case, by_case.names),
        Cause.PROMPTS: np.isin(met.prompts[met.prompt], list(bad.all)),
    }
    cases = by_case.names if stands_out(by_case.evidence) else ()
    marked = by_field.names if stands_out(by_field.evidence) else ()
    causes = [replace(one, examples=_examples(one, met, hit[one.cause], data, by_field)) for one in found]
    return replace(
        counts,
        causes=tuple(causes),
        labelers=_labelers(met, groups, careless, split is not None),
        quick=int(data.judged.groups["quick"].sum()),
        use_cases=cases, fields=marked,
        places=(*places_of_use_cases(met, cases), *places_of_fields(data.marks, marked)),
        flagged=bad.flagged, chance=bad.chance,
        shared=groups.split.shared if groups.split and split is not None else None,
    )  # fmt: skip


def stands_out(evidence: Evidence) -> bool:
    """Before the correction: whether the causes after it are sought in what it leaves."""
    share, low, p = evidence.share or 0.0, evidence.low or 0.0, 1.0 if evidence.p is None else evidence.p
    return share >= MATERIAL and low > 0 and p < LEVEL


def _of_both(by_case: Unclear, by_field: Unclear) -> tuple[Evidence, Of]:
    """The likelier of the two, its p-value corrected for having looked at both."""
    cases, marks = by_case.evidence, by_field.evidence
    if marks.p is None:
        return cases, Of.RANKINGS
    if cases.p is None:
        return marks, Of.MARKS
    if (marks.p, -(marks.share or 0.0)) < (cases.p, -(cases.share or 0.0)):
        return replace(marks, p=min(1.0, 2 * marks.p)), Of.MARKS
    return replace(cases, p=min(1.0, 2 * cases.p)), Of.RANKINGS


def _named(found: dict[Cause, Found]) -> list[Found]:
    corrected = holm({cause: one.evidence.p for cause, one in found.items() if one.evidence.p is not None})
    causes = [
        replace(
            one, corrected=corrected.get(cause),
            named=stands_out(one.evidence) and corrected.get(cause, 1.0) < LEVEL,
        )
        for cause, one in found.items()
    ]  # fmt: skip
    return sorted(causes, key=lambda one: (not one.named, -(one.evidence.share or 0.0), one.cause))


def _examples(one: Found, met: Meetings, hit: Bools, data: Given, by_field: Unclear) -> tuple[Example, ...]:
    if not one.named:
        return ()
    if one.of is Of.MARKS:
        return of_prompts(data.marks, by_field.names)
    return of_tasks(met, hit)


def _labelers(met: Meetings, groups: Pluralism, careless: Noise, split: bool) -> tuple[Labeler, ...]:
    group: Ints = groups.split.ranks() if groups.split and split else np.full(len(met.labelers), -1, np.int64)
    suspects = careless.suspects
    return tuple(
        Labeler(
            int(labeler), float(careless.reliability[at]), int(group[at]) if group[at] >= 0 else None,
            bool(suspects.agreement[at]), bool(suspects.retest[at]), bool(suspects.gold[at]),
        )
        for at, labeler in enumerate(met.labelers)
    )  # fmt: skip
