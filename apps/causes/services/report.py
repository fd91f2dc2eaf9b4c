"""The report on why labelers disagree as JSON, with the names of people, use cases, fields, tasks and prompts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from apps.adjudication.selectors.resolutions import resolutions_by_category
from apps.labeling.models import Task
from apps.projects.models import Project
from apps.prompts.models import Prompt
from apps.quality.selectors.rankings import pseudonyms_of

from ..domain.evidence import Of
from ..domain.examples import Example
from ..domain.given import Given
from ..domain.report import Found, Report, report
from ..selectors.checks import gold_of, retests_as_checks
from ..selectors.complaints import complaints_of
from ..selectors.marks import marks_of
from ..selectors.places import FIELD, USE_CASE
from ..selectors.rankings import overlap_of
from ..selectors.tasks import SETTLED

DIGITS = 4
# Of the prompts that stand out; the API's answer is one piece.
PROMPTS = 200


def report_body(project: Project) -> dict[str, Any]:
    """What `GET projects/{slug}/disagreement/` answers."""
    overlap = overlap_of(project)
    marks, fields = marks_of(project)
    given = Given(overlap.judged, retests_as_checks(project), gold_of(project), complaints_of(project), marks)
    found = report(given)
    names = pseudonyms_of(one.labeler for one in found.labelers)
    return {
        "why": _code(found.why),
        "counts": _counts(found, overlap.full),
        "causes": _causes(found.causes),
        "labelers": [
            {
                "labeler": names[one.labeler], "reliability": round(one.reliability, DIGITS), "group": one.group,
                "suspected_for": [what for what in ("agreement", "retest", "gold") if getattr(one, what)],
            }
            for one in found.labelers
        ],
        "use_cases": [overlap.use_cases[place] for place in found.use_cases],
        "fields": [fields[place] for place in found.fields],
        "places": _places(found, overlap.use_cases, fields),
        "shared": _rounded(found.shared),
        "settled": _settled(project),
        **_prompts(found),
    }  # fmt: skip


def _settled(project: Project) -> dict[str, int]:
    """How often adjudicators settled a task as what; by the name of a cause where it is one."""
    return {SETTLED.get(category, category): n for category, n in resolutions_by_category(project).items()}


def _counts(found: Report, full: bool) -> dict[str, Any]:
    return {
        "prompts": found.prompts, "judgments": found.judgments, "meetings": found.meetings, "compared": found.compared,
        "opposite": found.opposite, "quick": found.quick, "newest_only": full,
        "retests_same": found.retests[0], "retests": found.retests[1],
    }  # fmt: skip


def _causes(causes: Iterable[Found]) -> list[dict[str, Any]]:
    causes = list(causes)
    examples = _told([example for one in causes for example in one.examples])
    return [
        {
            "cause": one.cause.value, "of": one.of.value, "named": one.named,
            "share": _rounded(one.evidence.share), "low": _rounded(one.evidence.low), "high": _rounded(one.evidence.high),
            "p": None if one.corrected is None else float(f"{one.corrected:.2g}"),
            "why": _code(one.evidence.why), "why_no_interval": _code(one.evidence.why_no_interval),
            "examples": examples(one.examples),
        }
        for one in causes
    ]  # fmt: skip


def _places(found: Report, use_cases: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
    examples = _told([example for one in found.places for example in one.examples])
    return [
        {
            "kind": USE_CASE if one.of is Of.RANKINGS else FIELD,
            "name": use_cases[one.name] if one.of is Of.RANKINGS else fields[one.name],
            "opposite": one.opposite, "compared": one.compared, "elsewhere": _rounded(one.elsewhere),
            "examples": examples(one.examples),
        }
        for one in found.places
    ]  # fmt: skip


def _told(every: Iterable[Example]) -> Callable[[Iterable[Example]], list[dict[str, Any]]]:
    """Examples by the names of their tasks and prompts, which are looked up for `every` one at once."""
    every = list(every)
    tasks = dict(Task.objects.filter(pk__in=[one.task for one in every]).values_list("pk", "uid"))
    prompts = _uids([one.prompt for one in every])

    def told(some: Iterable[Example]) -> list[dict[str, Any]]:
        return [
            {
                "task": str(tasks[one.task]), "prompt": str(prompts[one.prompt]), "opposite": one.opposite,
                "compared": one.compared,
            }
            for one in some
        ]  # fmt: skip

    return told


def _prompts(found: Report) -> dict[str, list[str]]:
    uids = _uids([*found.flagged, *found.chance])
    return {
        "prompts_flagged": [str(uids[one]) for one in found.flagged[:PROMPTS]],
        "prompts_at_chance": [str(uids[one]) for one in found.chance[:PROMPTS]],
    }


def _uids(prompts: Iterable[int]) -> Mapping[int, Any]:
    return dict(Prompt.objects.filter(pk__in=prompts).values_list("pk", "uid"))


def _code(why: Any) -> str | None:
    return None if why is None else why.name.lower()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
