"""Reads about sets of candidates: their runs, and what was found wrong with replies."""

from django.db.models import Count, QuerySet

from apps.projects.models import Project
from apps.prompts.domain.hygiene import Fate, Kind
from apps.registry.models import GenerationRun

from ..models import CandidateFinding, CandidateSet, LoopRun


def candidate_sets_of(project: Project) -> QuerySet[CandidateSet]:
    """The project's sets of candidates, newest first."""
    return with_sources(CandidateSet.objects.filter(project=project)).order_by("-id")


def with_sources(rows: QuerySet[CandidateSet]) -> QuerySet[CandidateSet]:
    return rows.select_related("project", "snapshot", "requested_by").prefetch_related("sources__run__model_version")


def finding_counts(home: CandidateSet | LoopRun) -> list[tuple[str, str, int]]:
    """Kind, fate and how many, in the order of the rules."""
    rows = home.findings.values_list("kind", "fate").annotate(count=Count("id"))
    order = ([*Kind], [*Fate])
    return sorted(rows, key=lambda row: (order[0].index(row[0]), order[1].index(row[1])))


def finding_table(home: CandidateSet | LoopRun) -> list[tuple[str, list[int]]]:
    """A row a kind: how many met each fate."""
    counted = {(kind, fate): count for kind, fate, count in finding_counts(home)}
    kinds = [kind for kind in Kind if any((kind, fate) in counted for fate in Fate)]
    return [(kind.value, [counted.get((kind, fate), 0) for fate in Fate]) for kind in kinds]


def findings_of(home: CandidateSet | LoopRun) -> QuerySet[CandidateFinding]:
    """Every finding with its completion, in the order in which they were kept."""
    return home.findings.select_related(
        "completion__prompt", "completion__generation_run", "completion__model_version"
    ).order_by("id")


def candidate_set_with(run: GenerationRun) -> CandidateSet | None:
    """The newest set that this run writes for."""
    return CandidateSet.objects.filter(sources__run=run).order_by("-id").first()
