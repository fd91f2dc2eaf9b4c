"""Why the labelers of one task probably disagree: what the project's report says of its people and its prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from apps.adjudication.selectors.resolutions import resolutions_of
from apps.labeling.models import Judgment, Task

from ..models import DisagreementReport

# An adjudicator's word for a cause. What is hard but clear is none of them.
SETTLED = {"slip": "noise", "pluralism": "pluralism", "guideline": "guideline", "prompt": "prompts"}


@dataclass(frozen=True, slots=True)
class TaskCause:
    """`cause` is None where nothing speaks for one; `reasons` are codes of `words.REASONS`, of the likely cause.
    `opposite` of `compared` pairs of candidates are ordered the opposite way by two of its labelers."""

    cause: str | None
    reasons: tuple[str, ...]
    opposite: int
    compared: int


@dataclass(frozen=True, slots=True)
class _Said:
    labeler: str
    tiers: list[int]


@dataclass(frozen=True, slots=True)
class _Meeting:
    one: str
    other: str
    opposite: int
    compared: int


def cause_of_task(task: Task) -> TaskCause:
    """From the report as it is kept: a cause that is not named in the project explains no task of it, but an
    adjudicator's word and complaints of the prompt do."""
    met = _meetings(_said(task))
    opposite, compared = sum(one.opposite for one in met), sum(one.compared for one in met)
    settled = resolutions_of(task.project).filter(task=task).values_list("category", flat=True).first()
    if settled in SETTLED:
        return TaskCause(SETTLED[settled], ("settled",), opposite, compared)
    report = DisagreementReport.objects.filter(project=task.project).first()
    if report is None or not opposite:
        return TaskCause(None, (), opposite, compared)
    found = _reasons(task, met, opposite, report.body)
    # What explains more of this task first; of equals what explains more of the project.
    order = [one["cause"] for one in report.body["causes"]]
    best = max(found, key=lambda cause: (found[cause][0], -order.index(cause)), default=None)
    return TaskCause(best, found[best][1] if best else (), opposite, compared)


def _reasons(
    task: Task, met: list[_Meeting], opposite: int, body: Mapping[str, Any]
) -> dict[str, tuple[float, tuple[str, ...]]]:
    """By cause, the part of this task's disagreement that goes with it, and why."""
    named = {one["cause"] for one in body["causes"] if one["named"]}
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    prompt = str(task.prompt.uid)
    about_prompt = tuple(
        code
        for code, listed in (("flagged", body["prompts_flagged"]), ("at_chance", body["prompts_at_chance"]))
        if prompt in listed
    )
    if about_prompt:
        found["prompts"] = (1.0, about_prompt)
    if "guideline" in named and task.prompt.use_case in body["use_cases"]:
        found["guideline"] = (1.0, ("use_case",))
    group = {one["labeler"]: one["group"] for one in body["labelers"]}
    suspects = {one["labeler"] for one in body["labelers"] if one["suspected_for"]}
    across = sum(one.opposite for one in met if _apart(group.get(one.one), group.get(one.other)))
    if "pluralism" in named and across:
        found["pluralism"] = (across / opposite, ("groups",))
    touched = sum(one.opposite for one in met if suspects & {one.one, one.other})
    if "noise" in named and touched:
        found["noise"] = (touched / opposite, ("suspects",))
    return found


def _apart(one: int | None, other: int | None) -> bool:
    return None not in (one, other) and one != other


def _said(task: Task) -> list[_Said]:
    rows = Judgment.objects.filter(task=task, superseded_by=None, ranking__isnull=False).values_list(
        "assignment__membership__pseudonym", "external_labeler__pseudonym", "external_labeler__kind", "ranking__tiers"
    )
    return [_Said(member or outside, tiers) for member, outside, kind, tiers in rows if kind in (None, "person")]


def _meetings(said: list[_Said]) -> list[_Meeting]:
    found = []
    for one, other in combinations(said, 2):
        pairs = [
            (one.tiers[a] - one.tiers[b]) * (other.tiers[a] - other.tiers[b])
            for a, b in combinations(range(len(one.tiers)), 2)
        ]
        strict = [pair for pair in pairs if pair]
        found.append(_Meeting(one.labeler, other.labeler, sum(pair < 0 for pair in strict), len(strict)))
    return found
