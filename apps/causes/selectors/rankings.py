"""What several persons ranked, read by COPY."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps.projects.models import Project
from apps.quality.domain.table import Judgments, judgments
from apps.quality.selectors.columns import columns_read, numbers
from apps.quality.selectors.rankings import tiers_of

from ..domain.given import QUICK, USE_CASE

# The newest ones, and of one task the first: work grows with every two of its labelers.
MOST, MOST_A_TASK = 100_000, 30
# R. P. Carver's rate of scanning, 600 words a minute, with six characters a word (as in quality.domain.bias.speed).
CHARACTERS_A_SECOND = 60
# The current judgments of persons on production tasks. A correction's time is not that of the judgment. Writings with
# fewer characters a word are read slower, so that nobody is wrongly called quick.
_ROWS = """
WITH said AS (
    SELECT judgment.id, task.id AS task_id,
           coalesce(2 * assignment.membership_id, 2 * judgment.external_labeler_id + 1) AS labeler,
           CASE WHEN judgment.supersedes_id IS NULL AND external.id IS NULL THEN judgment.active_seconds END AS active,
           count(*) OVER (PARTITION BY task.id) AS together,
           row_number() OVER (PARTITION BY task.id ORDER BY judgment.id) AS place
    FROM labeling_judgment judgment
    JOIN labeling_task task ON task.id = judgment.task_id
    LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
    LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
    WHERE task.project_id = {project} AND task.kind = 'rank' AND task.purpose = 'production' AND task.repeats_id IS NULL
        AND (external.kind IS NULL OR external.kind = 'person')
        AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
), chosen AS (SELECT * FROM said WHERE together > 1 AND place <= {a_task} ORDER BY id DESC LIMIT {most}),
read AS (
    SELECT task.id, length(prompt.messages) + coalesce(length(prompt.context), 0) + (
        SELECT coalesce(sum(length(completion.body)), 0) FROM prompts_completion completion WHERE completion.id = ANY (task.candidates)
    ) AS characters, task.prompt_id, prompt.use_case
    FROM labeling_task task JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
    WHERE task.id IN (SELECT task_id FROM chosen)
)
SELECT chosen.id, chosen.task_id, read.prompt_id, chosen.labeler,
       (chosen.active IS NOT NULL AND read.characters > {characters} * chosen.active)::int AS quick,
       array_to_string(ranking.tiers, '') AS tiers, read.use_case
FROM chosen JOIN read ON read.id = chosen.task_id JOIN labeling_ranking ranking ON ranking.judgment_id = chosen.id
ORDER BY chosen.task_id, chosen.labeler
"""
_NUMBERS = ("id", "task", "prompt", "labeler", "quick", "tiers")


@dataclass(frozen=True)
class Overlap:
    """`judged` with use cases by their place in `use_cases`; a labeler is twice the member's id, or twice the external
    labeler's and one."""

    judged: Judgments
    use_cases: list[str]
    full: bool


def overlap_of(project: Project) -> Overlap:
    statement = _ROWS.format(project=project.pk, a_task=MOST_A_TASK, most=MOST, characters=CHARACTERS_A_SECOND)
    table = columns_read(statement, dict.fromkeys(_NUMBERS, pa.int64()) | {"use_case": pa.string()})
    use_cases = pc.dictionary_encode(table["use_case"]).combine_chunks()
    if isinstance(use_cases, pa.ChunkedArray):
        names, place = [], np.zeros(0, np.int64)
    else:
        names, place = use_cases.dictionary.to_pylist(), use_cases.indices.to_numpy().astype(np.int64)
    judged = judgments(
        task=numbers(table, "task"), prompt=numbers(table, "prompt"), labeler=numbers(table, "labeler"),
        tiers=tiers_of(numbers(table, "tiers")), groups={USE_CASE: place, QUICK: numbers(table, "quick")},
    )  # fmt: skip
    return Overlap(judged, names, len(table) == MOST)
