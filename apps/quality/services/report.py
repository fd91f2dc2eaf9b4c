"""The report on agreement as JSON, with the names of people, guidelines, use cases and scales."""

from itertools import pairwise
from typing import Any

import numpy as np

from apps.projects.models import GuidelineVersion, Project

from ..domain.kept import EVERYBODY, Kept
from ..domain.kept_scales import Scale
from ..domain.matrix import Matrix, matrix
from ..domain.scales import ScaleTally, scale_section
from ..domain.section import section, sections
from ..domain.table import HELD_OUT, TRAINING
from ..domain.tally import ACROSS, Tally, tally_against
from ..domain.told import cell_told, estimate_told, scale_told, section_told
from ..domain.versions import changes
from ..selectors.rankings import pseudonyms_of

# More pairs of labelers than anybody reads; those that compared most are told.
CELLS = 2000
_COHORTS = {TRAINING: "training", HELD_OUT: "held-out"}


def report_body(project: Project, kept: Kept, use_cases: list[str], scales: dict[Scale, ScaleTally]) -> dict[str, Any]:
    """What `GET projects/{slug}/agreement/` answers; `use_cases` are named by their code."""
    everybody = kept.tallies[EVERYBODY]
    references = _references(kept)
    names = pseudonyms_of(np.unique(kept.rows.labeler).tolist())
    guidelines = _guidelines(project)
    return {
        "overall": section_told(section(everybody)),
        "not_persons": int((~kept.rows.person).sum()),
        "cohorts": _groups(kept.tallies["cohort"], lambda code: {"cohort": _COHORTS[code]}),
        "use_cases": _groups(kept.tallies["use_case"], lambda code: {"use_case": use_cases[code]}),
        "guidelines": _groups(kept.tallies["guideline"], lambda code: guidelines.get(code, _NO_GUIDELINE)),
        "guideline_changes": _changes(kept.tallies["guideline"], guidelines),
        "months": _groups(kept.tallies["month"], lambda code: {"month": f"{code // 12:04}-{code % 12 + 1:02}"}),
        "labelers": _with_others(everybody, names),
        "pairs_of_labelers": _cells(matrix(everybody), names),
        "references": _cells(matrix(tally_against(kept.rows, references)), names)
        if references
        else _cells(None, names),
        "scales": [
            {"name": scale.name, "lowest": scale.low, "highest": scale.high, **scale_told(scale_section(tallied))}
            for scale, tallied in scales.items()
        ],
    }


_NO_GUIDELINE = {"track": None, "number": None}


def _guidelines(project: Project) -> dict[int, dict[str, Any]]:
    published = GuidelineVersion.objects.filter(project=project, published_at__isnull=False)
    found = published.values_list("pk", "track", "number")
    return {pk: {"track": track, "number": number} for pk, track, number in found}


def _changes(tally: Tally, guidelines: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each published version beside the one before, oldest first."""
    ordered = sorted((one["track"], one["number"], pk) for pk, one in guidelines.items())
    steps = [(one[2], other[2]) for one, other in pairwise(ordered) if one[0] == other[0]]
    return [
        {
            "track": guidelines[one.after]["track"], "before": guidelines[one.before]["number"],
            "after": guidelines[one.after]["number"], "prompts_before": one.prompts_before,
            "prompts_after": one.prompts_after,
            "statistics": {name: estimate_told(getattr(one, name)) for name in ("agreement", "agreement_without_ties")},
        }
        for one in changes(tally, steps)
    ]  # fmt: skip


def _groups(tally: Tally, named: Any) -> list[dict[str, Any]]:
    """Each group by its name, and `across`: the meetings of two groups."""
    return [
        {**({"across": True} if group == ACROSS else {"across": False, **named(group)}), **section_told(one)}
        for group, one in sections(tally).items()
    ]


def _references(kept: Kept) -> list[int]:
    """Pools and models: no persons, but what persons can be held against."""
    return [int(labeler) for labeler in np.unique(kept.rows.labeler[~kept.rows.person])]


def _with_others(everybody: Tally, names: dict[int, str]) -> list[dict[str, Any]]:
    """Each person with the number of their judgments, beside everybody they met."""
    found, judged = matrix(everybody), everybody.judged
    return [
        {"labeler": names[labeler], "judgments": count, **cell_told(found.with_others(labeler))}
        for labeler, count in zip(judged.keys[:, 1].tolist(), judged.counts[:, 0].tolist(), strict=True)
    ]


def _cells(found: Matrix | None, names: dict[int, str]) -> dict[str, Any]:
    cells = sorted(found.cells(), key=lambda cell: -cell.counts.pairs) if found else []
    return {
        "total": len(cells),
        "results": [
            {"first": names[cell.first], "second": names[cell.second or 0], **cell_told(cell)} for cell in cells[:CELLS]
        ],
    }
