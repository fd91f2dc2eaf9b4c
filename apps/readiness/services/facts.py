"""The facts that the rules judge: of the rankings that a training snapshot made now would take, and of the last reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.adjudication.models import Disagreement
from apps.causes.models import DisagreementReport
from apps.causes.services.refresh import disagreement_now
from apps.datasets.domain.filters import SnapshotFilter
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.datasets.services.selection import rows_selected
from apps.gold.selectors import gold_scores
from apps.labeling.models import Judgment
from apps.projects.models import Cohort, GuidelineVersion, Project, Track
from apps.prompts.models import Split
from apps.quality.models import BiasReport
from apps.quality.services.rounds import agreement_now, bias_now
from apps.training.selectors.comparisons import comparisons_for_training

from ..domain.checks import Facts, Known

# Of the pairs of two labelers' rankings, those said otherwise: from here on a task is one to look at.
OPPOSED = 0.5
# What a bias report says where there is nothing to learn, or to fear.
_CALM = ("nothing", "fresh", "many", "too_wide", "whose")
_HABITS = ("position", "length", "rendering", "speed", "pasted")


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, and which habits of labelers the last bias report warns of."""

    facts: Facts
    habits: list[str]


def facts_of(project: Project) -> Gathered:
    training = _rankings(project, Purpose.TRAINING, SnapshotFilter(split=(Split.TRAIN,)))
    version, changed = _guideline(project)
    shares, old = _by_labeler(training, changed)
    total = sum(shares.values())
    gold = gold_scores(project)
    failing = sum(shares.get((member, None), 0) for member, one in gold.items() if one.surely_below)
    cause, told = _cause(disagreement_now(project=project))
    habits = _habits(bias_now(project=project))
    facts = Facts(
        rankings=total,
        comparisons=comparisons_for_training(project),
        labelers=len(shares),
        heaviest=max(shares.values(), default=0) / max(1, total),
        held_out_prompts=_held_out_prompts(project),
        held_out_labelers=_held_out_labelers(project),
        agreement=_agreement(project),
        gold_labelers=len(gold),
        by_failing=failing / max(1, total),
        guideline=version,
        old=old,
        cause=cause,
        causes_told=told,
        opposed=Disagreement.objects.filter(project=project, resolved=False, disagreement__gte=OPPOSED).count(),
        habits=None if habits is None else len(habits),
    )
    return Gathered(facts, habits or [])


def _rankings(project: Project, purpose: str, chosen: SnapshotFilter) -> QuerySet[Judgment]:
    found: QuerySet[Judgment] = rows_selected(
        project=project, kind=DatasetSnapshot.Kind.RANKINGS, purpose=purpose, chosen=chosen
    )
    return found


_Labeler = tuple[int | None, int | None]


def _by_labeler(rows: QuerySet[Judgment], changed: int | None) -> tuple[dict[_Labeler, int], float]:
    """How many are by each member or external labeler, and the share of those by members from before the version `changed`:
    all rankings are looked at for it, so once."""
    before = Q(assignment__isnull=False) & (Q(guideline=None) | Q(guideline__number__lt=changed or 0))
    found = rows.order_by().values_list("assignment__membership", "external_labeler")
    counted = list(found.annotate(n=Count("pk"), old=Count("pk", filter=before)))
    ours = [(n, old) for member, _, n, old in counted if member is not None]
    old_share = sum(old for _, old in ours) / max(1, sum(n for n, _ in ours)) if changed is not None else 0.0
    return {(member, external): n for member, external, n, _ in counted}, old_share


def _held_out_prompts(project: Project) -> int:
    rows = _rankings(project, Purpose.EVALUATION, SnapshotFilter(split=(Split.VALIDATION, Split.TEST)))
    return rows.order_by().values("task__prompt").distinct().count()


def _held_out_labelers(project: Project) -> int:
    rows = _rankings(project, Purpose.EVALUATION, SnapshotFilter(cohort=(Cohort.HELD_OUT,)))
    return len(_by_labeler(rows, None)[0])


def _agreement(project: Project) -> Known | None:
    report = agreement_now(project=project)
    if report is None:
        return None
    one = report.body["overall"]["statistics"]["agreement_without_ties"]
    return None if one["value"] is None else Known(one["value"], one["low"], one["high"])


def _guideline(project: Project) -> tuple[int | None, int | None]:
    """The version in force, and the one with which the meaning last changed."""
    published = GuidelineVersion.objects.filter(project=project, track=Track.COLLECTION, published_at__isnull=False)
    current = published.order_by("-number").first()
    if current is None:
        return None, None
    changed = published.filter(changes_meaning=True).order_by("-number").first() or current
    return current.number, changed.number


def _cause(report: DisagreementReport | None) -> tuple[str | None, bool]:
    """The first cause that is named, and whether any could be told from another."""
    if report is None or report.body["why"]:
        return None, False
    named = next((one["cause"] for one in report.body["causes"] if one["named"]), None)
    return named, any(not one["why"] for one in report.body["causes"])


def _habits(report: BiasReport | None) -> list[str] | None:
    if report is None:
        return None
    body: Mapping[str, Any] = report.body
    found = [name for name in _HABITS if _warns(body[name])]
    return [*found, "style"] if any(map(_warns, body["styles"])) else found


def _warns(part: Mapping[str, Any]) -> bool:
    lesson = part["told"].get("lesson")
    return bool(lesson) and lesson["code"] not in _CALM
