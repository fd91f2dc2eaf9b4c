"""Who complains of which prompt: skips, flags and reports."""

import pyarrow as pa

from apps.projects.models import Project
from apps.quality.selectors.columns import columns_read, numbers

from ..domain.given import Complaints

# Names of prompt flags in the first schema of a project that say the prompt cannot be judged alike.
FLAGS = ("ambiguous", "intent_unclear")
_ROWS = """
SELECT task.prompt_id, 2 * assignment.membership_id
FROM labeling_assignment assignment JOIN labeling_task task ON task.id = assignment.task_id
WHERE task.project_id = {project} AND task.purpose = 'production' AND task.kind = 'rank'
    AND assignment.state = 'skipped' AND assignment.skip_code IN ('unclear', 'broken')
UNION
SELECT report.prompt_id, 2 * report.member_id FROM feedback_report report
WHERE report.project_id = {project} AND report.completion_id IS NULL AND report.category IN ('broken', 'wrong_language')
UNION
SELECT task.prompt_id, 2 * assignment.membership_id
FROM labeling_judgment judgment
JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
JOIN labeling_task task ON task.id = judgment.task_id
WHERE task.project_id = {project} AND task.purpose = 'production' AND task.repeats_id IS NULL
    AND ({flags}) AND NOT EXISTS (SELECT FROM labeling_judgment later WHERE later.supersedes_id = judgment.id)
"""


def complaints_of(project: Project) -> Complaints:
    flags = " OR ".join(f"judgment.prompt_flags ->> '{name}' = 'yes'" for name in FLAGS)
    table = columns_read(_ROWS.format(project=project.pk, flags=flags), {"prompt": pa.int64(), "labeler": pa.int64()})
    return Complaints(numbers(table, "prompt"), numbers(table, "labeler"))
