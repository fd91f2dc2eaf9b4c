"""What people ranked of models' replies, as columns."""

import numpy as np
import pyarrow as pa

from apps.core.domain.ranking import K_MAX
from apps.projects.models import Project
from apps.quality.domain.sums import Ints
from apps.quality.selectors.columns import columns_read, matrix, numbers

from ..domain.preferred import Ranked

_WRITTEN = """
SELECT completion.id, completion.model_version_id
FROM prompts_completion completion JOIN prompts_prompt prompt ON prompt.id = completion.prompt_id
WHERE completion.model_version_id IS NOT NULL AND prompt.project_id = {project}
ORDER BY completion.id
"""
# What people said of work: no gold (chosen for its clear answer), no silent retest (a second look), no adjudication, no
# exam; as it stands now. Members of both cohorts and imported persons; no pool, no model, no simulated labeler.
_RANKED = """
SELECT task.prompt_id, array_to_string(task.candidates, ' '), array_to_string(ranking.tiers, ' ')
FROM labeling_judgment judgment
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
JOIN labeling_task task ON task.id = judgment.task_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
WHERE task.project_id = {project} AND task.purpose = 'production' AND task.repeats_id IS NULL
AND (external.id IS NULL OR external.kind = 'person')
AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
"""


def ranked_replies(project: Project) -> Ranked:
    """Every ranking by people, with the models that wrote what was ranked. None where fewer than two models wrote."""
    written = columns_read(_WRITTEN.format(project=project.pk), {"id": pa.int64(), "model": pa.int64()})
    ids, models = numbers(written, "id"), numbers(written, "model")
    if len(np.unique(models)) < 2:
        nothing = np.zeros((0, K_MAX), np.int64)
        return Ranked(nothing[:, 0], nothing, nothing)
    types = {"prompt": pa.int64(), "candidates": pa.string(), "tiers": pa.string()}
    table = columns_read(_RANKED.format(project=project.pk), types)
    candidates = matrix(table, "candidates", K_MAX, -1)
    return Ranked(numbers(table, "prompt"), _writers(candidates, ids, models), matrix(table, "tiers", K_MAX, 0))


def _writers(candidates: Ints, ids: Ints, models: Ints) -> Ints:
    """Who wrote each; 0 where it is none of `ids`, which are sorted."""
    place = np.minimum(np.searchsorted(ids, candidates), len(ids) - 1)
    found: Ints = np.where(ids[place] == candidates, models[place], 0)
    return found
