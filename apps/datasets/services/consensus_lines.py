"""The lines of aggregated and adjudicated rankings as PostgreSQL writes them: `domain.records.ConsensusRecord`."""

from .lines import CANDIDATES, LABELER, TASKS_PROMPT
from .pieces import Long, Value, array, bare, copy_of, joined, json_list, json_object, quoted, word

_NULL, _EMPTY = ["'null'"], ["'\"\"'"]
_MOMENT = """to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def _real(column: str) -> Value:
    """A real number, with a point where it is whole, or null."""
    return [
        f"CASE WHEN {column} = trunc({column}) THEN {column}::text || '.0' ELSE coalesce({column}::text, 'null') END"
    ]


_PART = joined(json_object({
    "uid": quoted("judgment.uid"), "labeler": LABELER, "tiers": array("ranking.tiers"), "weight": _real("part.weight"),
}))  # fmt: skip
_RESOLUTION = joined(json_object({
    "uid": quoted("resolution.uid"), "adjudicator": word("settler.pseudonym"), "category": quoted("resolution.category"),
}))  # fmt: skip
# Whoever teaches nothing to a model taints the line: then it is held-out.
_NOBODY = json_object({"pseudonym": _EMPTY, "kind": ["'\"consensus\"'"], "cohort": quoted("parts.cohort")})
_FIELDS: dict[str, Value] = TASKS_PROMPT | {
    "record": ["'\"consensus/2\"'"], "uid": quoted("line.uid"), "task_uid": quoted("task.uid"), "labeler": _NOBODY,
    "method": quoted("line.method"), "tiers": array("line.tiers"), "completions": [Long("candidates.list")],
    "judgments": [Long("parts.list")], "agreement": _real("line.agreement"), "reliability": _real("line.reliability"),
    "resolution": [f"CASE WHEN resolution.id IS NULL THEN 'null' ELSE {_RESOLUTION} END"],
    "imported": bare("parts.imported"), "surplus": ["'false'"],
    "submitted_at": quoted(_MOMENT.format(moment="greatest(parts.newest, resolution.created_at)")),
    "note": _EMPTY, "judged_use_case": _EMPTY, "prompt_flags": ["'{}'"], "guideline": _NULL, "schema": _NULL,
    "active_seconds": _NULL, "rendering": _NULL, "supersedes": _NULL, "ratings": _NULL, "shown_order": _NULL,
    "proposal": _NULL,
}  # fmt: skip
# Each line is looked up by itself (OFFSET keeps PostgreSQL from joining): of lines that were just written it expects one, and would
# read all of the snapshot's for every few hundred.
_SOURCE = f"""
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS item(id, place)
CROSS JOIN LATERAL (
    SELECT * FROM datasets_snapshotconsensus WHERE snapshot_id = {{snapshot}} AND line = item.id OFFSET 0
) line
JOIN labeling_task task ON task.id = line.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
LEFT JOIN adjudication_resolution resolution ON resolution.id = line.resolution_id
LEFT JOIN projects_membership settler ON settler.id = resolution.membership_id
CROSS JOIN LATERAL (
    SELECT {json_list(_PART, "judgment.uid")} AS list, bool_and(external.id IS NOT NULL) AS imported,
           max(judgment.submitted_at) AS newest,
           CASE WHEN bool_or(judgment.cohort = 'held-out') OR resolution.cohort = 'held-out' THEN 'held-out' ELSE 'training' END AS cohort
    FROM datasets_snapshotpart part
    JOIN labeling_judgment judgment ON judgment.id = part.judgment_id
    JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
    LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
    LEFT JOIN projects_membership member ON member.id = assignment.membership_id
    LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
    WHERE part.snapshot_id = {{snapshot}} AND part.line = line.line
) parts
{CANDIDATES}"""  # noqa: S608 - all of it is written here


def consensus_copy(snapshot: int) -> str:
    """The COPY that writes the lines of those numbers of one snapshot, in the order asked for."""
    return copy_of(_FIELDS, _source(snapshot))


def _source(snapshot: int) -> str:
    return _SOURCE.replace("{snapshot}", str(int(snapshot)))
