"""What the bias reports read of judgments: who said what of which texts, in which order and view, when, how quickly."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection

from apps.core.domain.ranking import K_MAX
from apps.projects.models import Project

from ..domain.bias.columns import Rankings, Small, places, rankings
from ..domain.bias.pasted import Demonstrations
from ..domain.table import Ints
from .columns import columns_read, matrix, numbers
from .texts import Texts

# Work alone, as in agreement. A judgment counts as it stands, at the time of its first submit: a correction is no work of another hour. In which
# view and when outsiders judged is not known.
_ROWS = """
SELECT task.id AS unit, task.prompt_id,
       coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1) AS labeler,
       (external.kind IS NULL OR external.kind = 'person')::int AS person,
       CASE WHEN external.id IS NULL THEN (judgment.rendering = 'raw')::int ELSE -1 END AS raw,
       CASE WHEN external.id IS NULL THEN floor(extract(epoch FROM CASE WHEN judgment.supersedes_id IS NULL THEN judgment.submitted_at
           ELSE (SELECT first.submitted_at FROM labeling_judgment first
                 WHERE first.assignment_id = judgment.assignment_id AND first.supersedes_id IS NULL) END))::bigint
           ELSE -1 END AS submitted,
       CASE WHEN external.id IS NULL THEN coalesce(judgment.active_seconds, -1) ELSE -1 END AS active,
       array_to_string(task.candidates, ' ') AS candidates, array_to_string(ranking.tiers, ' ') AS tiers,
       coalesce(array_to_string(assignment.display_order, ' '), '') AS shown
FROM labeling_judgment judgment
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
WHERE task.project_id = {project} AND task.repeats_id IS NULL AND task.purpose = 'production'
AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
ORDER BY judgment.id
"""
_NUMBERS = ("unit", "prompt", "labeler", "person", "raw", "submitted", "active")
_LISTS = ("candidates", "tiers", "shown")
_PASTED = """
SELECT 2 * assignment.membership_id, coalesce(demonstration.pasted_share, -1)
FROM labeling_demonstration demonstration
JOIN labeling_judgment judgment ON judgment.id = demonstration.judgment_id
JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
JOIN labeling_task task ON task.id = judgment.task_id
WHERE task.project_id = %s AND task.repeats_id IS NULL AND task.purpose = 'production'
AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
"""


@dataclass(frozen=True)
class Preferences:
    """A row a labeler and task. `candidates` are ids of completions, -1 where there is none; `tiers` and `shown` are aligned with them, in the order of the ids whatever the task's was."""

    unit: Ints
    prompt: Ints
    labeler: Ints
    person: Ints
    raw: Ints
    submitted: Ints
    active: Ints
    candidates: Ints
    tiers: Small
    shown: Small

    def __len__(self) -> int:
        return len(self.unit)

    @cached_property
    def completions(self) -> Ints:
        """Every completion that was ranked, once."""
        return np.unique(self.candidates[self.candidates >= 0])

    def with_texts(self, texts: Texts) -> Rankings:
        """As the reports take it. `texts` knows every completion and prompt."""
        there = self.candidates >= 0
        completion = np.where(there, texts.row_of(np.where(there, self.candidates, texts.first)), -1)
        return rankings(
            task=self.unit, prompt=self.prompt, labeler=self.labeler, tiers=self.tiers, features=texts.features,
            completion=completion, shown=self.shown, raw=self.raw, person=self.person, submitted=self.submitted,
            active=self.active, prompt_words=texts.words_of_prompts(self.prompt),
        )  # fmt: skip


def preferences_of(project: Project) -> Preferences:
    types = dict.fromkeys(_NUMBERS, pa.int64()) | dict.fromkeys(_LISTS, pa.string())
    table = columns_read(_ROWS.format(project=project.pk), types)
    found = {name: numbers(table, name) for name in _NUMBERS}
    candidates, tiers = matrix(table, "candidates", K_MAX, -1), matrix(table, "tiers", K_MAX, 0)
    shown = places(matrix(table, "shown", K_MAX, -1))
    del table
    # By the ids of candidates, those that are not there last.
    order = np.argsort(np.where(candidates < 0, np.iinfo(np.int64).max, candidates), axis=1, kind="stable")

    def arranged(values: Any) -> Any:
        return np.take_along_axis(values, order, axis=1)

    return Preferences(
        **found, candidates=arranged(candidates),
        tiers=arranged(tiers.astype(np.int8)), shown=arranged(shown),
    )  # fmt: skip


def pasted_of(project: Project) -> Demonstrations:
    with connection.cursor() as cursor:
        cursor.execute(_PASTED, [project.pk])
        rows = cursor.fetchall()
    return Demonstrations.of([labeler for labeler, _ in rows], [share for _, share in rows])
