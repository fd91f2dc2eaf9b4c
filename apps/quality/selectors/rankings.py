"""Rankings as columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps.core.domain.ranking import K_MAX
from apps.projects.models import ExternalLabeler, Membership, Project

from ..domain.table import Ints, Tiers
from .columns import columns_read, numbers

# Work alone. Gold was chosen for its clear answer and is given to everybody, so that it would outweigh the rest and flatter;
# a silent retest is no second opinion; what adjudicators and candidates for a job say is another question.
_ROWS = """
SELECT judgment.id, coalesce(judgment.supersedes_id, 0) AS supersedes, task.id AS unit, task.prompt_id,
       coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1) AS labeler,
       (judgment.cohort = 'held-out')::int AS held_out, (external.kind IS NULL OR external.kind = 'person')::int AS person,
       coalesce(judgment.guideline_id, -1) AS guideline, extract(year FROM at.utc) * 12 + extract(month FROM at.utc) - 1 AS month,
       CASE WHEN task.candidates = task.candidate_set THEN array_to_string(ranking.tiers, '') ELSE (
           SELECT string_agg(tier::text, '' ORDER BY candidate) FROM unnest(task.candidates, ranking.tiers) AS said(candidate, tier)
       ) END AS tiers,
       prompt.use_case
FROM labeling_judgment judgment
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
CROSS JOIN LATERAL (SELECT judgment.submitted_at AT TIME ZONE 'UTC' AS utc) at
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
WHERE task.project_id = {project} AND judgment.id > {after} AND task.repeats_id IS NULL
AND task.purpose = 'production'
ORDER BY judgment.id
"""
_NUMBERS = (
    "id", "supersedes", "unit", "prompt", "labeler", "held_out", "person", "guideline", "month",
)  # fmt: skip


@dataclass(frozen=True)
class Rankings:
    """A row a judgment, by its id. `supersedes` is the id of the one it corrects, or 0. `unit` stands for a prompt with a
    set of candidates, `tiers` are in the order of their ids. `labeler`: twice the member's id, or twice the external
    labeler's and one. `use_case_place`: which of `use_case`."""

    id: Ints
    supersedes: Ints
    unit: Ints
    prompt: Ints
    labeler: Ints
    held_out: Ints
    person: Ints
    guideline: Ints
    month: Ints
    tiers: Tiers
    use_case: list[str]
    use_case_place: Ints

    def use_case_code_by(self, code: Mapping[str, int]) -> Ints:
        """Of each row, by a numbering of the names."""
        codes = np.array([code[name] for name in self.use_case], np.int64)
        found: Ints = codes[self.use_case_place] if len(codes) else self.use_case_place
        return found


def rankings_after(project: Project, after: int) -> Rankings:
    """Those whose id is above `after`, corrected ones among them."""
    types = dict.fromkeys([*_NUMBERS, "tiers"], pa.int64()) | {"use_case": pa.string()}
    table = columns_read(_ROWS.format(project=project.pk, after=int(after)), types)
    use_cases = pc.dictionary_encode(table["use_case"]).combine_chunks()
    return Rankings(
        **{name: numbers(table, name) for name in _NUMBERS},
        tiers=tiers_of(numbers(table, "tiers")),
        use_case=use_cases.dictionary.to_pylist(),
        use_case_place=use_cases.indices.to_numpy().astype(np.int64),
    )


def tiers_of(digits: Ints) -> Tiers:
    """1223 as 1, 2, 2, 3, padded with 0 to the right: a digit a candidate."""
    tiers = np.zeros((len(digits), K_MAX), np.int8)
    k = np.floor(np.log10(digits)).astype(np.int64) + 1
    for place in range(K_MAX):
        there = k > place
        tiers[there, place] = digits[there] // 10 ** (k[there] - 1 - place) % 10
    return tiers


def pseudonyms_of(labelers: Iterable[int]) -> dict[int, str]:
    """The names under which labelers appear, by their number in `Rankings`."""
    asked = set(labelers)
    members = Membership.objects.filter(pk__in=[one // 2 for one in asked if one % 2 == 0])
    externals = ExternalLabeler.objects.filter(pk__in=[one // 2 for one in asked if one % 2])
    return {2 * pk: name for pk, name in members.values_list("pk", "pseudonym")} | {
        2 * pk + 1: name for pk, name in externals.values_list("pk", "pseudonym")
    }
