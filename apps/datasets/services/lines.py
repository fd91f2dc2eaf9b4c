"""The lines of a records file as PostgreSQL writes them: `domain.records.record_line`, byte for byte, without a record.

Most of a line is put together by the database (`pieces`) and only passes through; what stands between two MARKs,
`canonical_lines` puts right on the way.
"""

from functools import lru_cache

import orjson

from apps.core.domain.canonical import canonical_json

from ..models import DatasetSnapshot
from .pieces import (
    GAP,
    MARK,
    QUOTE,
    Long,
    Value,
    array,
    bare,
    copy_of,
    free,
    joined,
    json_list,
    json_object,
    quoted,
    rarely,
    word,
)

Kind = DatasetSnapshot.Kind
_MODEL = (
    "coalesce((SELECT version.name || ' ' || version.number FROM registry_modelversion version "
    "WHERE version.id = completion.model_version_id), completion.source_name)"
)


def _completion(name: str) -> str:
    return joined(json_object({
        "uid": quoted("completion.uid"), "external_id": word(name), "text": word("completion.body"),
        "origin": quoted("completion.origin"), "model": word(_MODEL), "sampling": rarely("completion.sampling"),
    }))  # fmt: skip


_PROMPT: dict[str, Value] = {
    "prompt_uid": quoted("prompt.uid"), "external_ids": array("prompt.external_ids"), "source": free("prompt.source"),
    "metadata": free("prompt.metadata"), "messages": [Long("prompt.messages")],
    "context": word("prompt.context"), "use_case": word("prompt.use_case"), "language": word("prompt.language"),
    "split": quoted("prompt.split"),
}  # fmt: skip
# The prompt as this task's line gave it: its own id, source and metadata come before the prompt's.
TASKS_PROMPT: dict[str, Value] = _PROMPT | {
    "external_ids": array(
        "CASE WHEN task.external_id IS NULL THEN prompt.external_ids ELSE "
        "array_prepend(task.external_id, array_remove(prompt.external_ids, task.external_id)) END"
    ),
    "source": free("coalesce(nullif(task.source, 'null'), prompt.source)"),
    "metadata": free("CASE WHEN task.metadata = '{}' THEN prompt.metadata ELSE task.metadata END"),
}
LABELER = json_object({
    "pseudonym": word("coalesce(member.pseudonym, external.pseudonym)"), "cohort": quoted("judgment.cohort"),
    "kind": quoted("coalesce(external.kind, 'member')"),
})  # fmt: skip
_GUIDELINE = json_object({"track": word("guideline.track"), "number": ["guideline.number"]})
_MOMENT = """to_char(judgment.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_IMPORTED = "judgment.external_labeler_id IS NOT NULL"
_JUDGMENT: dict[str, Value] = TASKS_PROMPT | {
    "uid": quoted("judgment.uid"), "task_uid": quoted("task.uid"), "prompt_flags": free("judgment.prompt_flags"),
    "judged_use_case": word("judgment.use_case"), "note": word("judgment.note"), "labeler": LABELER,
    "guideline": [f"CASE WHEN guideline.id IS NULL THEN 'null' ELSE {joined(_GUIDELINE)} END"],
    "schema": bare("form.number"), "active_seconds": bare("judgment.active_seconds"),
    "rendering": word(f"CASE WHEN {_IMPORTED} THEN NULL ELSE judgment.rendering END"),
    "surplus": bare("judgment.surplus"), "imported": bare(f"({_IMPORTED})"), "supersedes": word("earlier.uid"),
    "submitted_at": quoted(_MOMENT),
}  # fmt: skip
_PROPOSAL = bare(f"(CASE WHEN {_IMPORTED} THEN NULL ELSE judgment.proposal END)")
_COMPLETIONS: dict[str, Value] = {
    "completions": [Long("candidates.list")],
    "shown_order": array("assignment.display_order"),
}
_SETS_CANDIDATE = joined(json_object({"uid": quoted("completion.uid"), "external_id": word("named.name")}))
_SET = joined(json_object({
    "task_uid": quoted("task.uid"), "kind": quoted("task.kind"), "external_id": word("task.external_id"),
    "source": free("task.source"), "metadata": free("task.metadata"), "candidates": ["listed.list"],
}))  # fmt: skip

_FIELDS: dict[str, dict[str, Value]] = {
    Kind.RANKINGS: _JUDGMENT | _COMPLETIONS | {
        "record": ["'\"ranking/2\"'"], "tiers": array("ranking.tiers"), "ratings": free("ratings.values"),
        "proposal": _PROPOSAL,
    },
    Kind.RATINGS: _JUDGMENT | _COMPLETIONS | {"record": ["'\"ratings/1\"'"], "ratings": free("ratings.values")},
    Kind.DEMONSTRATIONS: _JUDGMENT | {
        "record": ["'\"demonstration/1\"'"], "completion_uid": quoted("written.uid"), "text": [Long(*word("written.body"))],
    },
    Kind.PROMPTS: _PROMPT | {
        "record": ["'\"prompt/1\"'"], "uid": quoted("prompt.uid"), "sensitive": bare("prompt.sensitive"),
        "completions": [Long("replies.list")], "candidate_sets": [Long("sets.list")],
    },
}  # fmt: skip

_OF_JUDGMENT = """
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS item(id, place)
JOIN labeling_judgment judgment ON judgment.id = item.id
JOIN labeling_task task ON task.id = judgment.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_membership member ON member.id = assignment.membership_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
LEFT JOIN projects_judgmentschema form ON form.id = judgment.schema_id
LEFT JOIN projects_guidelineversion guideline ON guideline.id = judgment.guideline_id
LEFT JOIN labeling_judgment earlier ON earlier.id = judgment.supersedes_id
"""
CANDIDATES = f"""
CROSS JOIN LATERAL (
    SELECT {json_list(_completion("named.name"), "named.place")} AS list
    FROM unnest(task.candidates, task.external_candidate_ids) WITH ORDINALITY AS named(id, name, place)
    JOIN prompts_completion completion ON completion.id = named.id
) candidates
"""  # noqa: S608 - all of it is written here
_A_SET = "purpose = 'production' AND repeats_id IS NULL AND cardinality(candidates) > 0"
_SOURCES = {
    Kind.RANKINGS: _OF_JUDGMENT + """
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
LEFT JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id
""" + CANDIDATES,
    Kind.RATINGS: _OF_JUDGMENT + "JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id" + CANDIDATES,
    Kind.DEMONSTRATIONS: _OF_JUDGMENT + """
JOIN labeling_demonstration demonstration ON demonstration.judgment_id = judgment.id
JOIN prompts_completion written ON written.id = demonstration.completion_id
""",
    # Demonstrations are replies only where they are candidates; a reply goes by what its first set calls it.
    Kind.PROMPTS: f"""
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS item(id, place)
JOIN prompts_prompt prompt ON prompt.id = item.id
CROSS JOIN LATERAL (
    SELECT {json_list(_SET, "task.uid")} AS list
    FROM labeling_task task CROSS JOIN LATERAL (
        SELECT {json_list(_SETS_CANDIDATE, "named.place")} AS list
        FROM unnest(task.candidates, task.external_candidate_ids) WITH ORDINALITY AS named(id, name, place)
        JOIN prompts_completion completion ON completion.id = named.id
    ) listed
    WHERE task.prompt_id = prompt.id AND {_A_SET}
) sets
CROSS JOIN LATERAL (
    SELECT {json_list(_completion("first.name"), "completion.uid")} AS list
    FROM prompts_completion completion LEFT JOIN LATERAL (
        SELECT named.name, true AS found
        FROM labeling_task task CROSS JOIN unnest(task.candidates, task.external_candidate_ids) AS named(id, name)
        WHERE task.prompt_id = prompt.id AND {_A_SET} AND named.id = completion.id ORDER BY task.uid LIMIT 1
    ) first ON true
    WHERE completion.prompt_id = prompt.id AND (first.found OR NOT EXISTS (
        SELECT FROM labeling_demonstration demonstration WHERE demonstration.completion_id = completion.id))
) replies
""",  # noqa: S608 - all of it is written here
}  # fmt: skip


def lines_copy(kind: str) -> str:
    """The COPY that writes the lines of `ids` (an array literal of judgments, or of prompts) in their order."""
    return copy_of(_FIELDS[Kind(kind)], _SOURCES[Kind(kind)])


def canonical_lines(copied: bytes) -> bytes:
    """What COPY gave as lines of a records file."""
    if QUOTE in copied:
        raise ValueError("A prompt's messages are not canonical JSON: there is a line break or a control character.")
    pieces = copied.replace(GAP, b"").split(MARK)
    pieces[1::2] = [(_seen if len(value) < _SHORT else _canonical)(value) for value in pieces[1::2]]
    return b"".join(pieces)


def _canonical(value: bytes) -> bytes:
    """A jsonb value, as PostgreSQL writes it, in canonical JSON."""
    return canonical_json(orjson.loads(value))


# Short values come again and again (a source, flags, sampling); long ones would fill memory by being kept.
_SHORT = 1000
_seen = lru_cache(1024)(_canonical)
